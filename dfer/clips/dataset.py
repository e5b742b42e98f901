"""Clips as a PyTorch dataset: frames sampled, augmented and stretched, repeatably."""

import hashlib
import json
import random
from collections.abc import Sequence
from typing import TypedDict

import torch
from torch.utils.data import Dataset

from dfer.clips.augmentation import apply, augmentation_named, draw, stretch
from dfer.clips.clip import Clip
from dfer.clips.frames import count_frames, read_frames
from dfer.clips.sampling import test_indices, train_indices
from dfer.errors import ContentError


class Item(TypedDict):
    """One clip; `index` is its place in the dataset, by which predictions find back to their clips."""

    frames: torch.Tensor
    label: int
    index: int


class ClipDataset(Dataset[Item]):
    """uint8 frames (frames, 3, size, size), the label as an index into `class_names`, and the clip's index.

    What is random about a clip depends on (seed, epoch, clip id) alone: not on the number of loader workers,
    nor on the order or batch in which it is read, nor on what was read before a run was killed and resumed.

    Raises:
        ContentError: a label is no class name; on reading, whatever `frames.read_frames` finds wrong.
        UsageError: no augmentation of that name.
    """

    def __init__(
        self,
        *,
        clips: Sequence[Clip],
        class_names: Sequence[str],
        frames: int = 16,
        size: int,
        training: bool,
        augmentation: str,
        seed: int,
    ) -> None:
        if frames < 1 or size < 1:
            raise ValueError(f"expected at least one frame of one pixel, found {frames} of {size}")
        self._clips = tuple(clips)
        self._labels = _indices(self._clips, class_names)
        self._frames = frames
        self._size = size
        self._training = training
        self._augmentation = augmentation_named(augmentation)
        self._seed = seed
        self._epoch = 0

    @property
    def clips(self) -> tuple[Clip, ...]:
        return self._clips

    def set_epoch(self, epoch: int) -> None:
        """Call before each epoch's iteration begins.

        Loader workers hold a copy of this dataset made when iteration begins. Leave the loader's
        `persistent_workers` off, so that workers are new in each epoch; otherwise they would never hear of it
        and repeat the draws of the first for ever.
        """
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, index: int) -> Item:
        clip = self._clips[index]
        n = count_frames(clip.path)
        if self._training:
            rng = self._rng(clip)
            frames = read_frames(clip.path, train_indices(n, self._frames, rng))
            height, width = frames.shape[-2:]
            drawn = draw(self._augmentation, height=height, width=width, rng=rng)
            frames = apply(frames, drawn, size=self._size)
        else:
            frames = stretch(read_frames(clip.path, test_indices(n, self._frames)), size=self._size)
        return Item(frames=frames, label=self._labels[index], index=index)

    def _rng(self, clip: Clip) -> random.Random:
        # hashlib, because Python's own hash() of a text is different in every process.
        key = json.dumps([self._seed, self._epoch, clip.id]).encode()
        return random.Random(int.from_bytes(hashlib.sha256(key).digest()[:8], "big"))


def _indices(clips: tuple[Clip, ...], class_names: Sequence[str]) -> list[int]:
    place = {name: i for i, name in enumerate(class_names)}
    if unknown := sorted({clip.label for clip in clips} - place.keys()):
        raise ContentError(
            f"labels that are no class name: {', '.join(map(repr, unknown))}",
            hint=f"the classes are: {', '.join(class_names)}; see with_known_labels",
        )
    return [place[clip.label] for clip in clips]
