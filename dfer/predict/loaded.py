"""A recogniser that is ready for clips of any origin: from a stored run, or from words and a CLIP alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lightning_fabric import Fabric
from torch import Tensor

from description_store.records import Combine, DescriptionSet, Run
from dfer.clips.augmentation import augmentation_named
from dfer.clips.resizing import Fit
from dfer.clips.settings import ClipSettings
from dfer.errors import UsageError
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import Settings, ZeroShotSettings, recipe_settings
from dfer.training.checkpoint import load_checkpoint
from dfer.training.fabric import check_accelerator, make_fabric, settle
from dfer.training.fitting import check_words
from dfer.training.reading_defaults import READING
from dfer.training.rebuilding import checkpoint_of, clip_of, with_words
from dfer.training.specification import Precision, words_of

ZERO_SHOT = "zero-shot"


@dataclass(frozen=True, kw_only=True)
class LoadedRecogniser:
    """A recogniser with its words, and how clips come to it; no data set is needed."""

    recogniser: VideoRecogniser
    """In evaluation mode, on the device of `fabric`."""
    description_set: DescriptionSet
    set_name: str
    """What to call it: v3, or the file that it was read from."""
    class_names: tuple[str, ...]
    """In the order of the scores."""
    texts: tuple[str, ...]
    """As compiled, in the same order."""
    recipe: str
    settings: Settings
    combine: Combine
    clip_settings: ClipSettings
    """How frames are sampled."""
    fit: Fit
    """How pictures come to `size`."""
    size: int
    """Height and width of a frame as the tower sees it, in pixels."""
    fabric: Fabric
    name: str
    """ "r3", or "zero-shot"."""
    clip: ClipBackbone
    """What the recogniser was made from; its towers are the recogniser's now."""


def load_trained(
    run: Run,
    description_set: DescriptionSet,
    *,
    pretrained: str | None = None,
    accelerator: str = "auto",
    precision: Precision | None = None,
) -> LoadedRecogniser:
    """A run's recogniser with the words of `description_set`, the run's own or others.

    A run that trained nothing (zero-shot) needs no checkpoint. `pretrained` says where CLIP's weights lie
    now, if not where they were; `precision` is the run's own, unless said.

    Raises:
        UsageError: the run failed, or it scored clips with the weights of another run.
        ConfigurationError: it has no checkpoint, CLIP's weights are not those it was trained from, or the
            accelerator is not there.
        ContentError: the checkpoint is missing or damaged; the set's classes are not the run's (EmoCLIP takes
            any); a text does not fit.
    """
    _check_has_weights(run)
    spec = with_words(run, description_set)
    settings = recipe_settings(spec.recipe, spec.settings)
    # Before CLIP is loaded, which takes longer.
    folder = None if isinstance(settings, ZeroShotSettings) else checkpoint_of(run)
    clip = clip_of(run, pretrained=pretrained)
    check_words(description_set, settings, clip)
    return _loaded(
        clip,
        description_set,
        trained={} if folder is None else load_checkpoint(folder)[0],
        class_names=spec.classes,
        texts=spec.texts,
        recipe=spec.recipe,
        settings=settings,
        combine=spec.combine,
        seed=spec.seed,
        clip_settings=ClipSettings.model_validate(spec.clip_settings),
        augmentation=spec.augmentation,
        accelerator=accelerator,
        precision=precision or spec.precision,
        name=run.name,
    )


def _check_has_weights(run: Run) -> None:
    if run.status == "failed":
        raise UsageError(
            f"{run.name} failed: {run.error or 'nothing came of it'}",
            hint="`dfer runs list` shows others",
        )
    if run.folder is None and run.specification.get("trained_by"):
        raise UsageError(
            f"{run.name} scored clips with the weights of another run",
            hint=f"name the trained run, and these words with --descriptions v{run.set_version}",
        )


def load_zero_shot(
    description_set: DescriptionSet,
    *,
    overrides: Mapping[str, Any],
    architecture: str,
    pretrained: str | None,
    accelerator: str = "auto",
    precision: Precision | None = None,
) -> LoadedRecogniser:
    """A CLIP as it comes and a set's words. `pretrained`: as `load_clip`, None for random weights.

    Raises:
        UsageError, ConfigurationError, ContentError: as the readers of settings and weights do; a text does
            not fit.
    """
    settings = recipe_settings(ZERO_SHOT, overrides)
    check_accelerator(accelerator)  # before CLIP is loaded, which takes longer
    clip = load_clip(architecture=architecture, pretrained=pretrained)
    check_words(description_set, settings, clip)
    words = words_of(description_set)
    return _loaded(
        clip,
        description_set,
        class_names=words["classes"],
        texts=words["texts"],
        recipe=ZERO_SHOT,
        settings=settings,
        combine=words["combine"],
        seed=0,
        clip_settings=READING[ZERO_SHOT].clip_settings,
        augmentation=READING[ZERO_SHOT].augmentation,
        accelerator=accelerator,
        precision=precision or "fp32",
        name=ZERO_SHOT,
    )


def _loaded(
    clip: ClipBackbone,
    description_set: DescriptionSet,
    *,
    trained: Mapping[str, Tensor] | None = None,
    class_names: tuple[str, ...],
    texts: tuple[str, ...],
    recipe: str,
    settings: Settings,
    combine: Combine,
    seed: int,
    clip_settings: ClipSettings,
    augmentation: str,
    accelerator: str,
    precision: Precision,
    name: str,
) -> LoadedRecogniser:
    """With the weights that were `trained`, if any were."""
    fabric = make_fabric(precision, accelerator=accelerator)
    recogniser = build_recogniser(
        clip=clip, texts=texts, settings=settings, seed=seed, class_names=class_names, combine=combine
    )
    if trained:
        recogniser.load_trainable_state(trained)
    settle(recogniser, fabric, precision=precision)
    return LoadedRecogniser(
        recogniser=recogniser.eval(),
        description_set=description_set,
        set_name=description_set.name,
        class_names=class_names,
        texts=texts,
        recipe=recipe,
        settings=settings,
        combine=combine,
        clip_settings=clip_settings,
        fit=augmentation_named(augmentation).fit,
        size=clip.image_size,
        fabric=fabric,
        name=name,
        clip=clip,
    )
