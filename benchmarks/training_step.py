"""DFER-CLIP's training step on four clips: dfer's own step against the published pipeline's.

ViT-B/32, 16 frames of 224 x 224, random weights, the built-in author's words for DFEW's seven classes. The
optimiser's steps are part of it, loading clips is not. The reference is eager and in float32, as published:
what bfloat16 and compilation bring by themselves is in the ratios too.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.apart import Prepare, ratios_apart
from benchmarks.pairs import Act
from benchmarks.published_pipeline import PublishedDferClip
from benchmarks.side_by_side import CLASSES, SETTINGS, ClipsInMemory, models
from dfer.clips.clip import Clip
from dfer.models.recogniser import VideoRecogniser
from dfer.training.evaluation import to_unit_range
from dfer.training.fabric import make_fabric
from dfer.training.objectives import ClassObjective
from dfer.training.specification import Precision
from dfer.training.step import optimizer_of, step

CLIPS, ROUNDS = 4, 5
_PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")


def run() -> list[dict[str, Any]]:
    """Ratios; each side has a process, because how memory is freed and found again is a part of the step."""
    rows = []
    for precision in _PRECISIONS:  # one after the other: three processes of five gigabytes are enough
        sides: dict[str, Prepare] = {
            f"training step of four clips, {precision}, {how}": partial(_ours, precision, how)
            for how in ("eager", "compiled")
        }
        rows += ratios_apart(partial(_published, "fp32"), sides, rounds=ROUNDS)
    both = {"training step of four clips, bf16 on both sides": partial(_ours, "bf16", "eager")}
    return rows + ratios_apart(partial(_published, "bf16"), both, rounds=ROUNDS)


def _published(precision: Precision) -> tuple[Act, str]:
    data, (model, _) = clips(), models()
    optimizer, labels = model.optimizer(), torch.tensor(data.labels)
    frames = data.published()

    def one() -> None:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = model(frames)
        functional.cross_entropy(logits.float(), labels).backward()
        optimizer.step()

    return one, ""


def _ours(precision: Precision, how: str) -> tuple[Act, str]:
    data, (published, recogniser) = clips(), models()
    if how == "compiled":
        recogniser.visual.compile()
    equality = _equality(published, recogniser, data, precision)
    del published
    return own_step(recogniser, data, precision), equality


def clips() -> ClipsInMemory:
    torch.manual_seed(0)
    return ClipsInMemory.drawn(CLIPS)


def own_step(recogniser: VideoRecogniser, data: ClipsInMemory, precision: Precision) -> Act:
    fabric = make_fabric(precision, accelerator="cpu")
    model, optimizer = fabric.setup(recogniser, optimizer_of(recogniser, SETTINGS))
    clips = [Clip(id=str(n), path=f"{n}", label=CLASSES.names[label]) for n, label in enumerate(data.labels)]
    objective = ClassObjective(clips, SETTINGS, class_names=CLASSES.names, fabric=fabric)
    index = torch.arange(len(clips))

    def one() -> None:
        step(model, optimizer, objective, data.pixels, index, fabric=fabric, pieces=1)

    return one


def _equality(
    published: PublishedDferClip, ours: VideoRecogniser, data: ClipsInMemory, precision: Precision
) -> str:
    """Of the logits, and of the gradients of one loss, before anything is trained."""
    expected, theirs = _logits_and_gradients(published, data, "fp32")
    found, own = _logits_and_gradients(ours, data, precision)
    apart = float((found - expected).abs().max())
    off = max(float((a - b).norm() / b.norm()) for a, b in zip(own, theirs, strict=True))
    span = float(expected.max() - expected.min())
    return f"logits to {apart:.0e} (they span {span:.2g}), gradients to {off:.0e} of their length"


def _logits_and_gradients(
    model: PublishedDferClip | VideoRecogniser, data: ClipsInMemory, precision: Precision
) -> tuple[Tensor, list[Tensor]]:
    """(clips, classes), and the gradients of patches, temporal class token and context: all went through
    everything that trains above them."""
    model.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        logits: Tensor = model(to_unit_range(data.pixels))  # as they lie in memory in a step
    functional.cross_entropy(logits.float(), torch.tensor(data.labels)).backward()
    wanted = ("conv1.weight", ".cls", ".context")
    found = [parameter.grad for name, parameter in model.named_parameters() if name.endswith(wanted)]
    gradients = [gradient for gradient in found if gradient is not None]
    assert len(gradients) == len(wanted)
    model.zero_grad()
    return logits.detach().float(), gradients


if __name__ == "__main__":
    for line in run():
        print(line)
