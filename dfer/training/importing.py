"""A published checkpoint becomes a run: its weights, its CLIP and its words, to be evaluated like one's own.

Words and weights meet here, so this is the one module of training that knows of `dfer.describe`.
"""

import itertools
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from sqlite_utils import Database

from description_store.records import DescriptionSet, Run
from description_store.runs import list_runs, save_run
from dfer import __version__
from dfer.class_sets import ClassSet, load_class_set
from dfer.clips.augmentation import AUGMENTATIONS
from dfer.clips.dataset import READER
from dfer.clips.readers.reading import READERS
from dfer.describe.clip_tokens import text_of, token_ids
from dfer.describe.recovering import recovered_set, save_recovered
from dfer.errors import ConfigurationError, ContentError, DferError, UsageError
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.published_checkpoint import PublishedCheckpoint, read_published
from dfer.models.published_names import PublishedWeights, split_dfer_clip, split_emoclip
from dfer.models.published_settings import HEADS, dfer_clip_settings, emoclip_settings
from dfer.models.recipes import build_recogniser
from dfer.models.recovered_tokens import recovered_tokens
from dfer.models.settings import Settings, recipe_settings
from dfer.models.weights_file import file_sha256, first_line
from dfer.training.checkpoint import save_checkpoint
from dfer.training.class_order import DFER_CLIP_CLASSES, in_class_order
from dfer.training.reading_defaults import READING
from dfer.training.specification import RunSpecification, words_of

CLIP_WEIGHTS = "clip.safetensors"
UNFINISHED = ".importing-"
"""How the name of a folder begins that is being made."""
ABANDONED = 24 * 3600
"""Seconds after which such a folder is that of a killed import: hundreds of megabytes that nobody needs."""

_log = logging.getLogger("dfer.training")

PublishedRecipe = Literal["dfer-clip", "emoclip"]

_CLASS_SETS = {"dfew": "dfew7", "ferv39k": "ferv39k7", "mafw": "mafw11"}
"""The class sets that recovered words are saved for. Their order may be another than DFER-CLIP's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What a person says of a published checkpoint, because the file does not."""

    file: Path
    recipe: str
    dataset: str
    fold: int
    seed: int = 1
    architecture: str = "ViT-B-32-quickgelu"
    overrides: Mapping[str, Any]
    """Settings that no tensor tells: description_position, temporal_heads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """The run, its words, and whether each was stored now."""

    run: Run
    created: bool
    description_set: DescriptionSet
    set_created: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Contents:
    """A checkpoint file, read and understood."""

    sha256: str
    checkpoint: PublishedCheckpoint
    weights: PublishedWeights
    settings: Settings


def import_published(
    db: Database, published: Published, *, description_set: DescriptionSet | None, out: Path
) -> Imported:
    """Read the file without running it, keep what it holds under `out`, store a run without numbers.

    Without a `description_set` the words are recovered from the file, and saved unless the store has them.
    Nothing is stored until a recogniser has taken all of the weights. The same file again is the same run.

    Raises:
        ConfigurationError: the file is absent, damaged or hostile, or its CLIP is of another architecture.
        ContentError: it is no checkpoint of the recipe, or its words or classes do not fit.
        UsageError: a recipe that is not published, or settings that the file contradicts.
    """
    contents = _read(published)
    class_set, found = None, description_set
    if found is None:
        class_set, found = _recovered(published, contents)
    with _new_folder(out) as folder:
        clip = _own_clip(published, contents.weights, folder / CLIP_WEIGHTS)
        identity = clip.identity
        spec = _specification(published, contents, found, identity)
        _check_weights(published, contents, clip, spec)
        if class_set is None:
            _check_words(published, contents, spec)
        set_created = False
        if class_set is not None:
            found, set_created = save_recovered(db, class_set, found)
            spec = _specification(published, contents, found, identity)
        if known := _known(db, spec):
            return Imported(run=known, created=False, description_set=found, set_created=set_created)
        save_checkpoint(
            folder,
            weights=_contiguous(contents.weights.trained),
            description=_description(published, contents, spec),
        )
        kept = _moved(folder, out, published, contents.sha256)
    run = Run(
        status="imported",
        spec_hash=spec.hash,
        protocol_hash=spec.protocol_hash,
        set_version=found.version,
        set_hash=found.hash,
        recipe=spec.recipe,
        dataset=spec.dataset,
        fold=spec.fold,
        seed=spec.seed,
        selection=spec.selection,
        specification=spec.model_dump(mode="json"),
        environment=_environment(published, contents) | {"pretrained": str(kept / CLIP_WEIGHTS)},
        folder=str(kept),
    )
    try:
        run = save_run(db, run)
    except BaseException:  # also Ctrl-C: no run would ever name the folder, and the file is still there
        shutil.rmtree(kept, ignore_errors=True)
        raise
    return Imported(run=run, created=True, description_set=found, set_created=set_created)


def _read(published: Published) -> _Contents:
    recipe, heads = published.recipe, published.overrides.get("temporal_heads", HEADS)
    if recipe not in get_args(PublishedRecipe):
        raise UsageError(
            f"no weights of the recipe {recipe!r} are published",
            hint=f"one of {', '.join(get_args(PublishedRecipe))}",
        )
    if published.dataset not in READERS:
        raise UsageError(f"unknown data set {published.dataset!r}", hint=f"one of {', '.join(READERS)}")
    if type(heads) is not int:
        raise UsageError(f"temporal_heads={heads!r} is no number of heads")
    checkpoint = read_published(published.file)
    split, infer = {
        "dfer-clip": (split_dfer_clip, dfer_clip_settings),
        "emoclip": (split_emoclip, emoclip_settings),
    }[recipe]
    try:
        weights = split(checkpoint.state)
        told = infer(weights, heads=heads)
    except ContentError as error:
        raise ContentError(
            f"{published.file}: no checkpoint of {recipe}: {error.message}", hint=error.hint
        ) from error
    if contradicted := [name for name in told if published.overrides.get(name, told[name]) != told[name]]:
        name = contradicted[0]
        raise UsageError(
            f"{name}={published.overrides[name]} is not what the file holds: {name}={told[name]}",
            hint="leave it out",
        )
    return _Contents(
        sha256=file_sha256(published.file),
        checkpoint=checkpoint,
        weights=weights,
        settings=recipe_settings(recipe, told | dict(published.overrides)),
    )


def _recovered(published: Published, contents: _Contents) -> tuple[ClassSet, DescriptionSet]:
    """The words that DFER-CLIP's file holds as token vectors, for the class set in its own order."""
    weights, name_them = contents.weights, "name the words with --descriptions"
    if weights.suffix is None or weights.context is None:
        raise UsageError(f"a checkpoint of {published.recipe} holds no words", hint=name_them)
    if published.dataset not in DFER_CLIP_CLASSES:
        raise UsageError(
            f"in which order a checkpoint for {published.dataset} has its classes is not known",
            hint=f"{name_them} for them, in that order; known: {', '.join(DFER_CLIP_CLASSES)}",
        )
    classes = DFER_CLIP_CLASSES[published.dataset]
    if len(weights.suffix) != len(classes):
        raise ContentError(
            f"{published.file}: has {len(weights.suffix)} classes, "
            f"a checkpoint for {published.dataset} has {len(classes)}",
            hint="is it for another data set?",
        )
    class_set = load_class_set(_CLASS_SETS[published.dataset])
    try:
        table = weights.clip.get("token_embedding.weight", torch.empty(0))
        tokens = recovered_tokens(weights.suffix, table)
        found = recovered_set(
            class_set,
            dict(zip(classes, tokens, strict=True)),
            context_tokens=weights.context.shape[-2],
            source=published.file.name,
            sha256=contents.sha256,
        )
    except DferError as error:
        raise ContentError(
            f"{published.file}: its words cannot be recovered: {error.message.splitlines()[-1].strip()}",
            hint=name_them,
        ) from error
    return class_set, found


def _own_clip(published: Published, weights: PublishedWeights, kept: Path) -> ClipBackbone:
    """The CLIP that travels in the file, from a file of its own, as evaluation will load it."""
    try:
        save_file(_contiguous(weights.clip), kept)
    except (OSError, SafetensorError) as error:
        raise ConfigurationError(f"cannot write {kept}: {first_line(error)}") from error
    try:
        return load_clip(architecture=published.architecture, pretrained=str(kept))
    except ConfigurationError as error:
        raise ConfigurationError(
            error.message.replace(str(kept), f"{published.file}: its CLIP", 1),
            hint="name its architecture with --clip",
        ) from error


def _specification(
    published: Published,
    contents: _Contents,
    found: DescriptionSet,
    clip: dict[str, str | int | bool | None],
) -> RunSpecification:
    """DFER-CLIP's classes are in its own order; EmoCLIP compares with whatever text it is given."""
    reading = READING[published.recipe]
    own = published.recipe == "dfer-clip" and published.dataset in AUGMENTATIONS
    spec = RunSpecification(
        **words_of(found),
        recipe=published.recipe,
        settings=contents.settings.model_dump(mode="json"),
        clip=clip,
        dataset=published.dataset,
        data_fingerprint="unknown",
        fold=published.fold,
        seed=published.seed,
        selection="best-test",
        augmentation=published.dataset if own else reading.augmentation,
        clip_settings=reading.clip_settings.chosen(),
        clip_reader=READER,
        precision="fp32",
        weights=contents.sha256,
    )
    if published.recipe == "dfer-clip" and published.dataset in DFER_CLIP_CLASSES:
        return in_class_order(spec, DFER_CLIP_CLASSES[published.dataset])
    return spec


def _check_weights(
    published: Published, contents: _Contents, clip: ClipBackbone, spec: RunSpecification
) -> None:
    """Raises ContentError unless a recogniser takes every tensor."""
    try:
        recogniser = build_recogniser(
            clip=clip,
            texts=spec.texts,
            settings=contents.settings,
            class_names=spec.classes,
            combine=spec.combine,
        )
        recogniser.load_trainable_state(contents.weights.trained)
    except ContentError as error:
        raise ContentError(
            f"{published.file}: {error.message}", hint="--clip, --dataset and --descriptions must be its own"
        ) from error


def _check_words(published: Published, contents: _Contents, spec: RunSpecification) -> None:
    """A run is filed under the words it was trained with. Raises ContentError where the file has others."""
    suffix = contents.weights.suffix
    if suffix is None:
        return
    if len(suffix) != len(spec.classes):
        raise ContentError(
            f"{published.file}: has {len(suffix)} classes, {spec.set} describes {len(spec.classes)}",
            hint="name the set that it was trained with",
        )
    try:
        tokens = recovered_tokens(suffix, contents.weights.clip["token_embedding.weight"])
    except ContentError as error:  # that is why they are named
        _log.warning("%s: its words could not be checked against the file: %s", spec.set, error.message)
        return
    for (name, text), ids in zip(spec.classes_and_texts, tokens, strict=True):
        if token_ids(text) != ids:
            raise ContentError(
                f"{published.file}: {name} was trained with {text_of(ids)!r}, {spec.set} says {text!r}",
                hint="leave --descriptions out; `dfer evaluate --run` then takes other words",
            )


def _known(db: Database, spec: RunSpecification) -> Run | None:
    """The run of this very import, if its folder is still there."""
    for run in reversed(list_runs(db)):
        if run.status == "imported" and run.spec_hash == spec.hash and Path(run.folder or "").is_dir():
            return run
    return None


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A folder in `out` for what is being made; gone afterwards, unless it was moved.

    Those of imports that were killed go too.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        _sweep(out)
        folder = Path(tempfile.mkdtemp(dir=out, prefix=UNFINISHED))
    except OSError as error:
        raise ConfigurationError(f"cannot write to {out}: {error.strerror}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(out: Path) -> None:
    for folder in out.glob(f"{UNFINISHED}*"):
        with suppress(FileNotFoundError):  # another import sweeps too
            if time.time() - folder.lstat().st_mtime > ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)


def _moved(folder: Path, out: Path, published: Published, sha256: str) -> Path:
    name = f"imported-{published.recipe}-{published.dataset}-fold{published.fold}-{sha256[:8]}"
    for number in itertools.count(1):
        kept = out / (name if number == 1 else f"{name}-{number}")
        if not kept.exists():
            folder.rename(kept)
            kept.chmod(0o755)  # a temporary folder is for its maker's eyes only
            return kept.resolve()
    raise AssertionError("unreachable: counting does not end")


def _contiguous(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As safetensors wants them: whole, and none sharing memory with another."""
    seen: set[int] = set()
    whole = {}
    for name, tensor in tensors.items():
        place = tensor.untyped_storage().data_ptr()
        alone = tensor.is_contiguous() and tensor.untyped_storage().nbytes() == tensor.nbytes
        whole[name] = tensor if alone and place not in seen else tensor.contiguous().clone()
        seen.add(place)
    return whole


def _description(published: Published, contents: _Contents, spec: RunSpecification) -> dict[str, Any]:
    return {
        "format": "dfer-checkpoint-1",
        "specification": spec.model_dump(mode="json"),
        "spec_hash": spec.hash,
        "descriptions": dict(spec.classes_and_texts),
        "environment": _environment(published, contents),
    }


def _environment(published: Published, contents: _Contents) -> dict[str, str]:
    """Where the weights come from, and what the file says of itself: nobody has checked it."""
    said = contents.checkpoint
    found = {
        "dfer": __version__,
        "torch": torch.__version__,
        "imported": published.file.name,
        "imported_sha256": contents.sha256,
    }
    if said.epoch is not None:
        found["claimed_epoch"] = str(said.epoch)
    if said.best_accuracy is not None:
        found["claimed_war"] = f"{said.best_accuracy:.4f}"
    return found
