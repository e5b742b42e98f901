"""The video tower of a trained run: clips to video features, without the words it was trained with."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.loading import batches, checked
from dfer.clips.settings import ClipSettings
from dfer.clips.source import FrameSource
from dfer.errors import DferError
from dfer.models.recogniser import VideoRecogniser
from dfer.training.evaluation import to_unit_range
from dfer.training.fabric import make_fabric
from dfer.training.specification import RunSpecification

_BATCH = 16


class VideoTower(nn.Module):
    """Frames → visual tower → temporal model. Nothing in it trains: EmoCLIP §IV-D trains the head alone.

    (Its code trains the temporal model as well.) The feature is not normalised, as published.
    """

    def __init__(self, *, recogniser: VideoRecogniser) -> None:
        super().__init__()
        self.recogniser = recogniser
        self.requires_grad_(False).eval()

    def forward(self, pixels: Tensor) -> Tensor:
        """(batch, frames, 3, H, W) in [0, 1] → (batch, embed)."""
        return self.recogniser.temporal(self.recogniser.frame_features(pixels))


def video_features(
    recogniser: VideoRecogniser,
    spec: RunSpecification,
    clips: Sequence[Clip],
    *,
    frames: FrameSource,
    accelerator: str = "auto",
    workers: int = 0,
    on_clip: Callable[[int, int], None] = lambda done, total: None,
) -> Tensor:
    """Features (clips, embed) in float32, on the CPU, in the order of `clips`, of one label.

    Clips are read as the run's test clips were, but never at random: where EmoCLIP tests on random windows,
    the middle one is taken. `on_clip` hears (done, total).

    Raises:
        ContentError: a clip cannot be read.
        DferError: a feature is not finite.
    """
    settings = ClipSettings.model_validate(spec.clip_settings)
    data = ClipDataset(
        clips=clips,
        class_names=tuple({clip.label for clip in clips}),
        frames=int(spec.settings["frames"]),
        size=recogniser.image_size,
        training=False,
        augmentation=spec.augmentation,
        seed=spec.seed,
        settings=settings.model_copy(update={"random_test_windows": False}),
        source=frames,
    )
    fabric = make_fabric(spec.precision, accelerator=accelerator)
    tower = fabric.setup(VideoTower(recogniser=recogniser))
    found: list[Tensor] = []
    with torch.inference_mode():
        for batch in checked(batches(data, batch_size=_BATCH, workers=workers)):
            found.append(tower(to_unit_range(fabric.to_device(batch["frames"]))).float().cpu())
            on_clip(sum(map(len, found)), len(data))
    features = torch.cat(found)
    if not torch.isfinite(features).all():
        raise DferError(
            "the video tower gives features that are no numbers",
            hint="its training went wrong: train the run again with lower learning rates or in fp32",
        )
    return features
