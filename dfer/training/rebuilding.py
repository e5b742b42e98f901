"""A trained recogniser, from its stored run and its checkpoint alone."""

from pathlib import Path

from description_store.records import DescriptionSet, Run
from dfer.errors import ConfigurationError, ContentError
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import EmoClipSettings, ZeroShotSettings, recipe_settings
from dfer.training.checkpoint import load_checkpoint
from dfer.training.class_order import in_class_order
from dfer.training.specification import RunSpecification, words_of


def rebuild(run: Run, *, pretrained: str | None = None) -> VideoRecogniser:
    """The recogniser of a run with its trained weights and its own words, on the CPU.

    `pretrained` says where CLIP's weights lie now, if not where they were.

    Raises:
        ConfigurationError: the run has no checkpoint, or CLIP's weights are not those it was trained from.
        ContentError: the checkpoint is missing, damaged, or another run's.
    """
    spec = RunSpecification.model_validate(run.specification)
    folder = checkpoint_of(run)
    recogniser = build_recogniser(
        clip=clip_of(run, pretrained=pretrained),
        texts=spec.texts,
        settings=recipe_settings(spec.recipe, spec.settings),
        seed=spec.seed,
        class_names=spec.classes,
        combine=spec.combine,
    )
    recogniser.load_trainable_state(load_checkpoint(folder)[0])
    return recogniser


def checkpoint_of(run: Run) -> Path:
    """The folder of a run's checkpoint. Raises as `rebuild`."""
    if run.folder is None:
        raise ConfigurationError(f"{run.name} has no checkpoint ({run.status}, {run.recipe})")
    folder = Path(run.folder)
    if load_checkpoint(folder)[1].get("spec_hash") != run.spec_hash:
        raise ContentError(f"the checkpoint in {folder} is not that of {run.name}")
    return folder


def clip_of(run: Run, *, pretrained: str | None = None) -> ClipBackbone:
    """The CLIP that a run was trained from. Raises as `rebuild`."""
    spec = RunSpecification.model_validate(run.specification)
    clip = load_clip(
        architecture=str(spec.clip["architecture"]),
        pretrained=pretrained or run.environment.get("pretrained"),
    )
    check_same_clip(run, clip)
    return clip


def check_same_clip(run: Run, clip: ClipBackbone) -> None:
    """Raises ConfigurationError unless it is the CLIP that the run was trained from."""
    expected = RunSpecification.model_validate(run.specification).clip
    if clip.identity != expected:
        raise ConfigurationError(
            f"{run.name} was trained from other CLIP weights: {expected}, found {clip.identity}",
            hint="name its weights with --pretrained",
        )


def with_words(run: Run, description_set: DescriptionSet) -> RunSpecification:
    """The run's specification with the words of a set, in the class order that its weights are in.

    Raises as `check_classes`.
    """
    spec = RunSpecification.model_validate(run.specification)
    check_classes(run, description_set)
    return in_order_of(spec, spec.model_copy(update=words_of(description_set)))


def in_order_of(trained: RunSpecification, worded: RunSpecification) -> RunSpecification:
    """`worded` with its classes in the order of `trained`, whose weights are in that order, if in any."""
    return worded if takes_any_classes(trained) else in_class_order(worded, trained.classes)


def takes_any_classes(spec: RunSpecification) -> bool:
    """Whether its recogniser compares with whatever text it is given; the others know their own classes."""
    return isinstance(recipe_settings(spec.recipe, spec.settings), EmoClipSettings | ZeroShotSettings)


def check_classes(run: Run, description_set: DescriptionSet) -> None:
    """Raises ContentError: the set's classes, in whatever order, are not those that the run must have."""
    spec = RunSpecification.model_validate(run.specification)
    if not takes_any_classes(spec) and sorted(spec.classes) != sorted(description_set.class_names):
        raise ContentError(
            f"{run.name} was trained for the classes {', '.join(spec.classes)}; "
            f"{description_set.name} describes {', '.join(description_set.class_names)}",
            hint="choose a set for the same classes",
        )
