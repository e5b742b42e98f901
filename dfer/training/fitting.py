"""Whether pack, words, clips and settings go together: said before anything is computed."""

import logging
from pathlib import Path
from typing import Any

from description_store.records import DescriptionSet
from dfer.clips.augmentation import augmentation_named
from dfer.clips.folds import FoldSplit
from dfer.clips.settings import ClipSettings
from dfer.errors import ContentError, UsageError
from dfer.models.clip_backbone import ClipBackbone
from dfer.models.combining import class_texts
from dfer.models.settings import EmoClipSettings, LinearSettings, Settings, TrainedSettings
from dfer.models.tokens import AS_IT_IS, encode_descriptions
from dfer.training.objectives import training_texts
from dfer.training.specification import Selection

_log = logging.getLogger("dfer.training")


def check_pack(packing: dict[str, Any], file: Path, *, augmentation: str, settings: ClipSettings) -> None:
    """What was settled when the clips were packed must be what this run wants."""
    wanted = augmentation_named(augmentation).fit
    if packing["fit"] != wanted:
        raise UsageError(
            f"{file} was packed with --fit {packing['fit']}, but augmentation {augmentation} wants {wanted}",
            hint=f"pack the clips again with --fit {wanted}",
        )
    if packing["max_frames"] is not None and settings.sampling == "windows":
        raise UsageError(
            f"{file} holds {packing['max_frames']} frames of a clip at most; windows are of consecutive ones",
            hint="pack the clips again without --max-frames",
        )


def check_words(description_set: DescriptionSet, settings: Settings, clip: ClipBackbone) -> None:
    """What would otherwise be found out only when the model is built."""
    if isinstance(settings, LinearSettings):
        return  # it reads no words
    words = class_texts(
        [d.text for d in description_set.descriptions],
        description_set.rendering.combine,
        class_names=description_set.class_names,
    )
    encode_descriptions(
        words.texts,
        context_length=clip.context_length,
        context_tokens=getattr(settings, "context_tokens", 0),
        class_names=words.owners,
        templates=getattr(settings, "templates", AS_IT_IS),
    )


def check_training(
    description_set: DescriptionSet, settings: TrainedSettings, clips: FoldSplit, selection: Selection
) -> None:
    """What would otherwise be found out only when the training begins, or never."""
    if len(clips.train) < settings.batch_size:
        raise ContentError(
            f"{len(clips.train)} training clips are less than one batch of {settings.batch_size}",
            hint="choose a smaller --batch-size",
        )
    if settings.patience is not None and selection == "last":
        raise UsageError(
            "patience needs epochs that are judged, but --selection is last",
            hint="choose --selection best-val",
        )
    if settings.soft_labels and not any(clip.votes for clip in clips.train):
        raise UsageError(
            "soft_labels: the data set has no votes", hint="leave it out, or add the file with the votes"
        )
    if isinstance(settings, EmoClipSettings):
        described = settings.training_texts == "descriptions" or not all(clip.caption for clip in clips.train)
        if described and description_set.rendering.combine != "joined":
            raise UsageError(
                f"{description_set.name} has several texts for a class, but a clip is trained with one",
                hint="make one list of them with `dfer sets render`",
            )
        training_texts(clips.train, settings, descriptions=description_set.texts)
        without = [clip for clip in clips.train if not clip.caption]
        if without and settings.training_texts == "captions":
            _log.warning(
                "%d of %d training clips have no caption and train on their class's description (%s)",
                len(without),
                len(clips.train),
                ", ".join(sorted({clip.label for clip in without})),
            )
