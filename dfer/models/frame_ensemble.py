"""The frames of a clip without a temporal model: how their features, or their scores, become a clip's.

| rule | of a clip's frames | from |
|---|---|---|
| mean | mean of the features as they are | EmoCLIP §IV, frame ensemble; DFER-CLIP's "w/o TM" |
| mean_normalised | mean of the L2-normalised features: a large feature counts no more than others | |
| mean_score | mean of the class scores of each frame | |
| max_score | of each class the best score that a frame has | |

Neither paper says whether features were normalised first; `mean` adds nothing to what they say. Unless the
best of a class's texts counts, `mean_score` ranks a clip's classes as `mean_normalised` does, and is only the
less sure the more the frames differ. With one frame all are the same.
"""

from torch import Tensor
from torch.nn import functional

from dfer.models.settings import FrameEnsemble
from dfer.models.temporal import Temporal, frame_mean


def pooling(rule: FrameEnsemble) -> Temporal:
    """What takes the place of a temporal model; for a rule of scores, every frame stays one of its own."""
    return {"mean": frame_mean, "mean_normalised": normalised_frame_mean}.get(rule, every_frame)


def normalised_frame_mean(frames: Tensor) -> Tensor:
    """(batch, frames, width) → (batch, width), in float32 whatever the precision around it.

    One frame stays as it is: a head normalises it, and a mean that was kept as one frame is not changed.
    """
    if frames.shape[1] == 1:
        return frames[:, 0]
    return functional.normalize(frames.float(), dim=-1).mean(dim=1)


def every_frame(frames: Tensor) -> Tensor:
    """(batch, frames, width), as they are."""
    return frames


def combine_frame_scores(scores: Tensor, rule: FrameEnsemble) -> Tensor:
    """(batch, frames, classes) → (batch, classes); a rule of features has left (batch, classes) already."""
    if rule == "mean_score":
        return scores.mean(dim=1)
    return scores.amax(dim=1) if rule == "max_score" else scores
