"""Where the image tower does not change and frames are not augmented, it sees each frame once and for all."""

from collections.abc import Callable, Mapping, Sequence

from lightning_fabric import Fabric
from torch import Tensor

from dfer.clips.augmentation import augmentation_named
from dfer.clips.dataset import ClipDataset
from dfer.models.recogniser import VideoRecogniser
from dfer.training.evaluation import to_unit_range
from dfer.training.features.feature_dataset import FeatureDataset
from dfer.training.features.feature_key import FeatureKey, feature_folder, state_of_frames
from dfer.training.features.filling import fill
from dfer.training.features.frame_features import FrameFeatures
from dfer.training.preparing import PreparedRun

OnClips = Callable[[int, int], None]


class FrozenTower:
    """Data sets of features instead of frames, and the means to compute the features that they lack.

    The features are those of the recogniser's tower as it is; nothing may train it.
    """

    def __init__(
        self,
        prepared: PreparedRun,
        recogniser: VideoRecogniser,
        *,
        fabric: Fabric,
        workers: int,
        compiled: bool = False,
        on_clips: OnClips = lambda done, total: None,
    ) -> None:
        spec = prepared.spec
        key = FeatureKey(
            clip=spec.clip,
            # A tower that was frozen in training is CLIP's own; its features serve other runs too.
            tower_weights=None if recogniser.visual_is_frozen else spec.weights,
            pixel_normalisation=prepared.settings.pixel_normalisation,
            fit=augmentation_named(spec.augmentation).fit,
            size=prepared.clip.image_size,
            precision=spec.precision,
            device=fabric.device.type,
            compiled=compiled,
            frames=state_of_frames(prepared.all_clips, prepared.frames),
            pack=spec.pack,
        )
        self._features = FrameFeatures.open(
            feature_folder(key, pack=prepared.pack),
            key=key,
            clips=prepared.all_clips,
            source=prepared.frames,
            width=prepared.clip.embed_width,
        )
        self._recogniser = recogniser
        self._fabric = fabric
        self._workers = workers
        self._on_clips = on_clips

    def data(self, clips: Mapping[str, ClipDataset]) -> dict[str, FeatureDataset]:
        """The same items, with features in place of pixels."""
        return {split: FeatureDataset(own, self._features) for split, own in clips.items()}

    def ready(self, data: object, indices: Sequence[int]) -> None:
        """Compute what the items of `data` at `indices` lack. Raises as `features.filling.fill`."""
        assert isinstance(data, FeatureDataset)
        fill(
            data,
            self._encode,
            indices=indices,
            workers=self._workers,
            # Processes of one run have clips of their own and must not wait for each other.
            wait=self._fabric.world_size == 1,
            on_clips=self._on_clips,
        )

    def _encode(self, frames: Tensor) -> Tensor:
        """uint8 (frames, 3, size, size) → (frames, embed)."""
        pixels = to_unit_range(self._fabric.to_device(frames)).unsqueeze(0)  # (1, frames, 3, size, size)
        self._recogniser.visual.eval()
        with self._fabric.autocast():
            return self._recogniser.frame_features(pixels)[0]
