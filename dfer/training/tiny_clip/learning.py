"""The training of `dfer-tiny`: a contrastive loss between faces and sentences, after a warm start.

A small CLIP that starts from noise stays on the plateau where all pictures and all texts are alike for
longer than the whole training may take. So the image tower first learns to tell which action units are
shown, through one linear layer; then the text tower learns which are said, through the same layer, held
still. Both then speak of the same things, and CLIP's contrastive loss (Radford et al. 2021, fig. 3) takes
over, with the other two as a smaller part of it. The linear layer is thrown away.
"""

import math
import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import mean
from typing import Any, Literal, NamedTuple

import numpy as np
import open_clip
import torch
from torch import Tensor, nn
from torch.nn import functional

from dfer.errors import DferError
from dfer.models.seeding import seeded
from dfer.models.text_tower import TextTower
from dfer.models.tiny_clip.packed import CONFIGURATION
from dfer.training.tiny_clip.faces import UNITS, Face
from dfer.training.tiny_clip.texts import TextRows
from dfer.training.tiny_clip.wording import sentence

IMAGE_SIZE: int = CONFIGURATION["vision_cfg"]["image_size"]

_BATCH = 64
_UNITS_WEIGHT = 10.0

Stage = Literal["see", "read", "match"]
_STAGES: tuple[tuple[Stage, float, float], ...] = (
    ("see", 0.52, 2e-3),
    ("read", 0.18, 2e-3),
    ("match", 0.3, 1e-3),
)
"""What is learnt, in which part of all steps, and the highest learning rate.

Both towers at once learn little: the layer that they share follows the texts, which are easier."""
_WARM_UP = 100
_BLIND = 0.33
"""The loss of telling units from a picture stays above this where a tower tells them by their frequency."""
_WEIGHT_DECAY = 0.1
_SHIFT = 3
"""Pixels that a face is moved by at most."""

_MEAN = torch.tensor(open_clip.OPENAI_DATASET_MEAN).reshape(3, 1, 1)
_STD = torch.tensor(open_clip.OPENAI_DATASET_STD).reshape(3, 1, 1)


class Step(NamedTuple):
    """What is told of a step: the losses of its batch, those that its stage has."""

    number: int
    stage: Stage
    losses: Mapping[str, float]


def train_tiny_clip(
    faces: Sequence[Face],
    *,
    steps: int,
    seed: int,
    on_step: Callable[[Step], None] = lambda step: None,
) -> tuple[Mapping[str, Tensor], Tensor]:
    """A CLIP of `CONFIGURATION` that was trained on the faces: its state, and each token's row (49408,).

    Its token table has the rows of `TextRows`; see `save_packed`. The same faces, steps and seed give the
    same state on one machine with one number of threads.

    Raises:
        DferError: the image tower has learnt nothing when the text tower's turn comes.
    """
    rows = TextRows()
    with seeded(seed, part="dfer-tiny"):
        clip: Any = open_clip.CLIP(
            **{**CONFIGURATION, "text_cfg": {**CONFIGURATION["text_cfg"], "vocab_size": rows.count}}
        )
        units_head = nn.Linear(CONFIGURATION["embed_dim"], len(UNITS))
    reader = TextTower(text=clip)
    clip.train().requires_grad_(True)  # which the text tower, made to stay as it is, took away
    rng = random.Random(seed)
    _spread_out(clip.visual, faces, rng)
    optimizer = _optimizer(clip, units_head)
    shown = torch.tensor([_targets(face) for face in faces])  # (faces, units)
    seen: deque[float] = deque(maxlen=50)
    for (number, stage, rate), chosen in zip(_course(steps), _batches(len(faces), rng), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = group["share"] * rate
        units_head.requires_grad_(stage != "read")
        losses: dict[str, Tensor] = {}
        if stage != "read":
            image = functional.normalize(clip.visual(_pixels([faces[i] for i in chosen], rng)), dim=-1)
            losses["units seen"] = _UNITS_WEIGHT * _units_loss(units_head, image, shown[chosen])
            seen.append(losses["units seen"].item() / _UNITS_WEIGHT)
        else:
            _check_sees(seen)
        if stage != "see":
            said = [sentence(faces[i].shown, person=faces[i].person, rng=rng) for i in chosen]
            encoded = rows.encode(said, rng=rng)
            read = reader(clip.token_embedding(encoded), encoded.argmax(dim=1))  # ends have the last row
            text = functional.normalize(read, dim=-1)
            losses["units read"] = _UNITS_WEIGHT * _units_loss(units_head, text, shown[chosen])
        if stage == "match":
            losses["contrastive"] = _contrastive_loss(image, text, clip.logit_scale.exp())
        loss = torch.stack(list(losses.values())).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(clip.parameters(), 1.0)
        optimizer.step()
        on_step(Step(number, stage, {name: own.item() for name, own in losses.items()}))
    return clip.state_dict(), rows.row_of


def _optimizer(clip: nn.Module, units_head: nn.Module) -> torch.optim.Optimizer:
    named = dict(clip.named_parameters())
    scale = named.pop("logit_scale")
    decayed = [tensor for name, tensor in named.items() if tensor.ndim > 1 and "positional" not in name]
    others = [tensor for name, tensor in named.items() if tensor.ndim <= 1 or "positional" in name]
    groups = [
        {"params": decayed, "share": 1.0, "weight_decay": _WEIGHT_DECAY},
        {"params": [*others, *units_head.parameters()], "share": 1.0, "weight_decay": 0.0},
        # Fast, it would turn the contrast down to nothing before there is any.
        {"params": [scale], "share": 0.1, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


def _course(steps: int) -> Iterator[tuple[int, Stage, float]]:
    """Each step's number from 1, stage and learning rate: up, then down along a cosine, in each stage."""
    number = 0
    for stage, share, highest in _STAGES:
        length = max(1, round(share * steps))
        for place in range(length):
            number += 1
            falling = 0.5 * (1 + math.cos(math.pi * place / length))
            yield number, stage, highest * min(1.0, (place + 1) / _WARM_UP) * falling


def _batches(count: int, rng: random.Random) -> Iterator[list[int]]:
    """Indices of all faces in a random order, again and again."""
    order: list[int] = []
    while True:
        while len(order) < _BATCH:
            order += rng.sample(range(count), count)
        yield [order.pop() for _ in range(_BATCH)]


def _targets(face: Face) -> list[float]:
    """A unit counts in full from two thirds of its strength on."""
    return [min(1.0, 1.5 * face.shown.get(unit, 0.0)) for unit in UNITS]


def _pixels(faces: Sequence[Face], rng: random.Random) -> Tensor:
    """float32 (faces, 3, size, size), normalised; a batch is mirrored and moved as a whole."""
    batch = np.stack([face.pixels for face in faces])
    if rng.random() < 0.5:
        batch = batch[:, :, ::-1]
    batch = np.pad(batch, ((0, 0), (_SHIFT, _SHIFT), (_SHIFT, _SHIFT), (0, 0)), mode="edge")
    top, left = rng.randint(0, 2 * _SHIFT), rng.randint(0, 2 * _SHIFT)
    moved = np.ascontiguousarray(batch[:, top : top + IMAGE_SIZE, left : left + IMAGE_SIZE])
    return (torch.from_numpy(moved).permute(0, 3, 1, 2).float() / 255 - _MEAN) / _STD


def _spread_out(visual: Any, faces: Sequence[Face], rng: random.Random) -> None:
    """Data-dependent initialisation (Salimans & Kingma 2016): an untrained tower says nearly the same of all
    faces. What they share is taken away, and what is left enlarged, so that learning starts sooner."""
    with torch.no_grad():
        said = visual(_pixels(rng.sample(faces, min(512, len(faces))), rng))  # (faces, embed)
        last = visual.attnpool.c_proj
        spread = said.std(dim=0) + 1e-6
        last.bias.copy_((last.bias - said.mean(dim=0)) / spread)
        last.weight.div_(spread[:, None])


def _check_sees(losses: Sequence[float]) -> None:
    """A loss of a full window of steps that is still that of guessing will not come down any more."""
    if len(losses) == 50 and mean(losses) > _BLIND:
        raise DferError(
            f"the image tower has learnt nothing: telling action units, its loss is still {mean(losses):.2f}",
            hint="take another seed, or more steps",
        )


def _units_loss(head: nn.Module, features: Tensor, targets: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(head(10 * features), targets)


def _contrastive_loss(image: Tensor, text: Tensor, scale: Tensor) -> Tensor:
    logits = scale * image @ text.T  # (faces, sentences)
    own = torch.arange(len(logits))
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2
