"""A data set whose frames are features: the same draws, labels and damages, without a pixel."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.utils.data import Dataset

from dfer.clips.broken_frames import BrokenFramesError, Damage
from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset, Item
from dfer.clips.settings import ClipSettings
from dfer.training.features.feature_file import Features
from dfer.training.features.frame_features import FrameFeatures


@dataclass(frozen=True, kw_only=True, slots=True)
class Lacking:
    """Frames whose features an item lacks: their `rows`, and uint8 (len(rows), size, size, 3).

    `broken` are frames of `clip` that were found not to be decodable on the way.
    """

    clip: Clip
    rows: tuple[int, ...]
    frames: torch.Tensor
    broken: tuple[BrokenFramesError, ...]


class FeatureDataset(Dataset[Item]):
    """The items of `clips`, with `frames` float32 (frames, width) in place of pixels.

    `filling.fill` must have been called for what is read. Reading is quick: a loader needs no workers.

    Raises:
        ValueError: `clips` are augmented, or not all are among `features`.
    """

    def __init__(self, clips: ClipDataset, features: FrameFeatures) -> None:
        if clips.augments:
            raise ValueError("expected clips without augmentation: it makes another frame in every epoch")
        if strange := [clip.id for clip in clips.clips if clip not in features]:
            raise ValueError(f"features of other clips; there are none of {strange[0]}")
        self._clips = clips
        self.features = features

    @property
    def clips(self) -> tuple[Clip, ...]:
        return self._clips.clips

    @property
    def labels(self) -> list[int]:
        return self._clips.labels

    @property
    def settings(self) -> ClipSettings:
        return self._clips.settings

    @property
    def frames(self) -> int:
        return self._clips.frames

    @property
    def damage(self) -> Damage:
        return self._clips.damage

    def set_epoch(self, epoch: int) -> None:
        """As `ClipDataset.set_epoch`; call it before `fill`."""
        self._clips.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, index: int) -> Item:
        def read(clip: Clip, indices: Sequence[int]) -> Features:
            _, broken = self.features.until_broken(clip, indices)
            if broken:
                raise broken
            return self.features.read([self.features.row(clip, i) for i in indices])

        frames, damages = self._clips.read_drawn(index, count=self.features.count, read=read)
        place = index % len(self)
        return Item(frames=torch.from_numpy(frames), label=self.labels[place], index=place, damages=damages)

    def lacks(self, index: int) -> bool:
        """Whether a frame drawn for the item has no feature yet.

        Raises:
            ContentError: the item has frames known to be broken, and the policy is "error".
        """

        def read(clip: Clip, indices: Sequence[int]) -> bool:
            before, broken = self.features.until_broken(clip, indices)
            if self._without_feature(clip, before):
                return True
            if broken:
                raise broken
            return False

        return self._clips.read_drawn(index, count=self.features.count, read=read)[0]

    def read_lacking(self, index: int) -> Lacking:
        """The frames drawn for the item that have no feature yet; each is read once.

        Raises:
            ContentError: as reading the item from pixels.
        """
        pictures: dict[int, torch.Tensor] = {}
        found_broken: list[BrokenFramesError] = []

        def read(clip: Clip, indices: Sequence[int]) -> Sequence[int]:
            # Which broken frame is met first decides how a clip is sampled: as when all are read from pixels,
            # those before a frame that is known to be broken are tried before it.
            before, broken = self.features.until_broken(clip, indices)
            wanted = [i for i in self._without_feature(clip, before) if i not in pictures]
            if wanted:
                try:
                    frames = torch.from_numpy(self._clips.fitted(clip, wanted))
                    pictures.update(zip(wanted, frames, strict=True))
                except BrokenFramesError as error:
                    found_broken.append(error)
                    raise
            if broken:
                raise broken
            return indices

        drawn, _ = self._clips.read_drawn(index, count=self.features.count, read=read)
        clip = self.clips[index % len(self)]
        lacking = [i for i in dict.fromkeys(drawn) if i in pictures]
        return Lacking(
            clip=clip,
            rows=tuple(self.features.row(clip, i) for i in lacking),
            frames=torch.stack([pictures[i] for i in lacking]) if lacking else torch.empty(0),
            broken=tuple(found_broken),
        )

    def _without_feature(self, clip: Clip, indices: Sequence[int]) -> list[int]:
        return [i for i in dict.fromkeys(indices) if not self.features.holds(self.features.row(clip, i))]
