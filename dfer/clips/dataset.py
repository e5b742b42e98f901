"""Clips as a PyTorch dataset: frames sampled, augmented and fitted to the model's size, repeatably."""

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from typing import Protocol, TypedDict

import torch
from torch.utils.data import Dataset

from dfer.clips.augmentation import AUGMENTATIONS, apply, augmentation_named, draw
from dfer.clips.broken_frames import Damage, Read, read_by_policy
from dfer.clips.clip import Clip
from dfer.clips.image_file import Pixels
from dfer.clips.resizing import fit_to
from dfer.clips.sampling import sampled_indices
from dfer.clips.settings import ClipSettings
from dfer.clips.source import DiskFrames, FrameSource
from dfer.errors import ContentError

READER = 2
"""What a seed draws, and how frames are decoded and resized. Another number is another run. 1: torchvision,
until November 2026."""


class Item(TypedDict):
    """One clip; `index` is its place in the dataset, by which predictions find back to their clips.

    `frames` are uint8 (frames, 3, size, size), a view of memory that lies (frames, size, size, 3).
    `damages` are sentences about frames that could not be decoded.
    """

    frames: torch.Tensor
    label: int
    index: int
    damages: tuple[str, ...]


class ClipItems(Protocol):
    """A `ClipDataset`, or what gives its items with features (frames, width) float32 in place of pixels."""

    @property
    def labels(self) -> list[int]: ...

    @property
    def settings(self) -> ClipSettings: ...

    @property
    def frames(self) -> int: ...

    @property
    def damage(self) -> Damage: ...

    def set_epoch(self, epoch: int) -> None: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Item: ...


class ClipDataset(Dataset[Item]):
    """uint8 frames (frames, 3, size, size), the label as an index into `class_names`, and the clip's index.

    What is random about a clip depends on (seed, epoch, clip id) alone: not on the number of loader workers,
    nor on the order or batch in which it is read, nor on what was read before a run was killed and resumed.
    An index beyond the last clip is the same clip again, drawn anew (see `balancing`).

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
        settings: ClipSettings | None = None,
        source: FrameSource | None = None,
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
        self._settings = settings or ClipSettings()
        self._source = source or DiskFrames()
        self._damage = Damage(self._settings.broken_frames)

    @property
    def clips(self) -> tuple[Clip, ...]:
        return self._clips

    @property
    def labels(self) -> list[int]:
        """Of each clip, as an index into the class names."""
        return self._labels

    @property
    def settings(self) -> ClipSettings:
        return self._settings

    @property
    def frames(self) -> int:
        """Of a clip, in an item."""
        return self._frames

    @property
    def damage(self) -> Damage:
        """What was named of broken frames until now."""
        return self._damage

    @property
    def augments(self) -> bool:
        """Whether a frame may look different each time it is drawn."""
        return self._training and self._augmentation != AUGMENTATIONS["none"]

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
        place = index % len(self._clips)
        frames, damages = self.read_drawn(index, count=self._source.count, read=self._source.read)
        if self._training:
            height, width = frames.shape[1:3]
            rng = self._rng(index, "augmentation")
            drawn = draw(self._augmentation, height=height, width=width, rng=rng)
            frames = apply(frames, self._augmentation, drawn, size=self._size)
        else:
            frames = fit_to(frames, self._augmentation.fit, size=self._size)
        # (frames, size, size, 3) → (frames, 3, size, size) without moving a byte
        tensor = torch.from_numpy(frames).permute(0, 3, 1, 2)
        return Item(frames=tensor, label=self._labels[place], index=place, damages=damages)

    def read_drawn(
        self, index: int, *, count: Callable[[Clip], int], read: Callable[[Clip, Sequence[int]], Read]
    ) -> tuple[Read, tuple[str, ...]]:
        """What `read` gives for the frames that are drawn for an item, and a sentence for each damage met.

        Raises:
            ContentError: as `read` and `broken_frames.read_by_policy` do.
        """
        clip = self._clips[index % len(self._clips)]
        return read_by_policy(
            count(clip),
            policy=self._settings.broken_frames,
            choose=lambda n: sampled_indices(
                n, self._frames, self._settings, training=self._training, rng=self._rng(index, "frames")
            ),
            read=lambda indices: read(clip, indices),
            name=str(clip.path),
        )

    def fitted(self, clip: Clip, indices: Sequence[int]) -> Pixels:
        """uint8 (len(indices), size, size, 3): a clip's frames as nothing but fitting makes them.

        Raises:
            ContentError: whatever reading them finds wrong.
        """
        return fit_to(self._source.read(clip, indices), self._augmentation.fit, size=self._size)

    def _rng(self, index: int, what: str) -> random.Random:
        again, place = divmod(index, len(self._clips))
        # hashlib, because Python's own hash() of a text is different in every process.
        key = json.dumps([self._seed, self._epoch, self._clips[place].id, again, what]).encode()
        return random.Random(int.from_bytes(hashlib.sha256(key).digest()[:8], "big"))


def _indices(clips: tuple[Clip, ...], class_names: Sequence[str]) -> list[int]:
    place = {name: i for i, name in enumerate(class_names)}
    if unknown := sorted({clip.label for clip in clips} - place.keys()):
        raise ContentError(
            f"labels that are no class name: {', '.join(map(repr, unknown))}",
            hint=f"the classes are: {', '.join(class_names)}; see with_known_labels",
        )
    return [place[clip.label] for clip in clips]
