"""DFER-CLIP on ViT-B/32 twice, with the same random weights: as published, and as dfer has it."""

import warnings
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.utils.data import Dataset

from benchmarks.published_pipeline import PublishedDferClip
from dfer.class_sets import load_class_set
from dfer.clips.broken_frames import Damage
from dfer.clips.dataset import Item
from dfer.clips.settings import ClipSettings
from dfer.describe.facs_author import phrases
from dfer.models.clip_backbone import load_clip
from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import DferClipSettings

SETTINGS = DferClipSettings()
CLASSES = load_class_set("dfew7")
TEXTS = [", ".join(phrases([name])) + "." for name in CLASSES.names]


def models() -> tuple[PublishedDferClip, VideoRecogniser]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the weights are random, and meant to be
        clip = load_clip(architecture="ViT-B-32-quickgelu", pretrained=None)
    state = {name: tensor.detach().clone() for name, tensor in clip.model.state_dict().items()}
    ours = build_recogniser(clip=clip, texts=TEXTS, settings=SETTINGS, seed=1)
    return PublishedDferClip(clip=state, ours=ours, texts=TEXTS), ours


@dataclass(frozen=True)
class ClipsInMemory(Dataset[Item]):
    """uint8 (clips, 16, 3, 224, 224), so that nothing but the model is measured.

    They lie in memory as pictures do when they are read: (clips, 16, 224, 224, 3).
    """

    pixels: Tensor
    damage: Damage = field(default_factory=lambda: Damage("error"))
    settings: ClipSettings = field(default_factory=ClipSettings)

    @classmethod
    def drawn(cls, clips: int) -> "ClipsInMemory":
        drawn = torch.randint(0, 256, (clips, SETTINGS.frames, 224, 224, 3), dtype=torch.uint8)
        return cls(drawn.permute(0, 1, 4, 2, 3))

    def published(self) -> Tensor:
        """float32 in [0, 1], as the published loader hands them over."""
        return (self.pixels.float() / 255).contiguous()

    @property
    def labels(self) -> list[int]:
        return [place % len(TEXTS) for place in range(len(self))]

    @property
    def frames(self) -> int:
        return SETTINGS.frames

    def set_epoch(self, epoch: int) -> None:
        """Clips are the same in every epoch."""

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> Item:
        return Item(frames=self.pixels[index], label=self.labels[index], index=index, damages=())
