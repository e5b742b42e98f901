"""How fast an epoch learns: a pure function of the epoch, so that a resumed run has nothing to remember."""

import math

from dfer.models.settings import TrainedSettings


def learning_rate(base: float, settings: TrainedSettings, *, epoch: int) -> float:
    """The rate of one parameter group in `epoch`, from 1; `base` is the group's own.

    multistep: DFER-CLIP and EmoCLIP. cosine with a constant warm-up: CoOp, whose cosine begins after it and
    is as long as the whole training, so that it does not quite come to its end.
    """
    done = epoch - 1
    if settings.schedule == "multistep":
        rate = base * settings.gamma ** sum(milestone <= done for milestone in settings.milestones)
    else:
        rate = base * (1 + math.cos(math.pi * max(done - settings.warmup_epochs, 0) / settings.epochs)) / 2
    return min(rate, settings.warmup_learning_rate) if done < settings.warmup_epochs else rate
