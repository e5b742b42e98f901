"""What a prepared run is trained and tested on, and what its steps minimise."""

from collections.abc import Sequence

from lightning_fabric import Fabric

from dfer.clips.clip import Clip
from dfer.clips.dataset import ClipDataset
from dfer.clips.folds import carve_validation
from dfer.clips.settings import ClipSettings
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import EmoClipSettings, TrainedSettings
from dfer.training.objectives import CaptionObjective, ClassObjective, Objective
from dfer.training.preparing import PreparedRun


def datasets(prepared: PreparedRun) -> dict[str, ClipDataset]:
    """ "train", "val" and "test"; validation clips are taken from the training clips where none are given."""
    training, val = prepared.clips.train, prepared.clips.val
    if prepared.spec.selection == "best-val" and not val:
        # Seeded by the fold alone: runs of other words and seeds are then selected on the same clips.
        training, val = carve_validation(training, seed=prepared.spec.fold)
    return {
        "train": dataset(prepared, training, training=True),
        "val": dataset(prepared, val, training=False),
        "test": dataset(prepared, prepared.clips.test, training=False),
    }


def tested_elsewhere(prepared: PreparedRun, clips: Sequence[Clip]) -> int:
    """So many of the clips are test clips of other folds."""
    fold = prepared.spec.fold
    tested = {
        clip.path
        for clip in prepared.all_clips
        if clip.fold not in (None, fold) and clip.split in (None, "test")
    }
    return sum(clip.path in tested for clip in clips)


def dataset(prepared: PreparedRun, clips: Sequence[Clip], *, training: bool) -> ClipDataset:
    return ClipDataset(
        clips=clips,
        class_names=prepared.spec.classes,
        frames=prepared.settings.frames,
        size=prepared.clip.image_size,
        training=training,
        augmentation=prepared.spec.augmentation,
        seed=prepared.spec.seed,
        settings=ClipSettings.model_validate(prepared.spec.clip_settings),
        source=prepared.frames,
    )


def objective_of(
    prepared: PreparedRun, clips: Sequence[Clip], recogniser: VideoRecogniser, fabric: Fabric
) -> Objective:
    spec, settings = prepared.spec, prepared.settings
    if isinstance(settings, EmoClipSettings):
        descriptions = dict(spec.classes_and_texts)
        return CaptionObjective(
            clips, settings, recogniser=recogniser, descriptions=descriptions, fabric=fabric
        )
    assert isinstance(settings, TrainedSettings)
    return ClassObjective(clips, settings, class_names=spec.classes, fabric=fabric)
