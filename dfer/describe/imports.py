"""A description set from a file: one that dfer exported, or words that the field already has on disk."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlite_utils import Database

from description_store.annotations import add_note
from description_store.exchange import import_set
from description_store.export_file import load_export, source_of
from description_store.records import COMMA_LIST, DescriptionSet, Provenance
from description_store.sets import save_set
from dfer import __version__
from dfer.class_sets import ClassSet, load_class_set
from dfer.class_sets.stored import store_class_set
from dfer.describe.asking.secrets import scrub
from dfer.describe.compiling import ClassWords, OnOverflow, compile_descriptions
from dfer.describe.importing.matching import class_meant, match_classes
from dfer.describe.importing.reading import read_words
from dfer.describe.importing.source_text import source_text
from dfer.describe.typed_words import tidied
from dfer.describe.words_file import check_classes, is_words_file, read_words_file
from dfer.errors import ContentError, UsageError

# An export of 43 classes with 10 answers each takes a hundredth of it.
_LARGEST = 256 * 2**20


def import_file(
    db: Database,
    path: Path,
    *,
    classes: str | None = None,
    form: str | None = None,
    variable: str | None = None,
    ignore_extra: bool = False,
    context_tokens: int = 8,
    on_overflow: OnOverflow = "error",
    note: str = "",
) -> tuple[DescriptionSet, bool, tuple[str, ...]]:
    """Save what the file holds; a set that dfer exported comes with its ancestors and answers.

    `classes` names the class set of words that come without one.

    Returns:
        The set, whether it was created now, and what a person should know of the reading.

    Raises:
        UsageError: there is no such file, or the classes are not said.
        ContentError, DamagedFile: the file holds no words that can be used, and why.
    """
    note = scrub(note)
    data = _bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    if b'"dfer_export"' in data:
        saved, created = import_set(db, load_export(path), source=source_of(path))
        if note:
            add_note(db, saved.version, note)
        return saved, created, ()
    warnings: tuple[str, ...] = ()
    if path.suffix.lower() in (".yaml", ".yml") and is_words_file(text := source_text(path)):
        read = read_words_file(text, source=path.name)
        class_set = _class_set(classes or read.class_set, path)
        words, rendering = tidied(read.descriptors), read.rendering or COMMA_LIST
        check_classes(words, class_set, rendering, source=path.name)
        kind = "words"
        context_tokens = context_tokens if read.context_tokens is None else read.context_tokens
        note = note or scrub(read.note)
    else:
        class_set = _class_set(classes, path)
        imported = read_words(path, format=form, variable=variable, class_count=len(class_set.names))
        words = match_classes(imported, class_set, ignore_extra=ignore_extra)
        rendering, kind = imported.rendering, imported.format
        warnings = (*imported.warnings, *_renamed(imported.words, class_set))
    unsaved = DescriptionSet(
        class_set=class_set.name,
        class_set_hash=class_set.hash,
        descriptions=compile_descriptions(
            class_set,
            {name: ClassWords(descriptors=descriptors) for name, descriptors in words.items()},
            rendering=rendering,
            context_tokens=context_tokens,
            on_overflow=on_overflow,
        ),
        provenance=Provenance(kind="import", imported={"file": path.name, "sha256": digest, "format": kind}),
        rendering=rendering,
        context_tokens=context_tokens,
        note=note,
        dfer_version=__version__,
    )
    store_class_set(db, class_set)
    saved, created = save_set(db, unsaved)
    if note and not created:
        add_note(db, saved.version, note)
    return saved, created, warnings


def _class_set(name: str | None, path: Path) -> ClassSet:
    if name is None:
        raise UsageError(
            f"{path.name} does not say which classes in which order its words are for",
            hint="--classes mafw11, or a class set of your own (dfer classes list)",
        )
    return load_class_set(name)


def _renamed(written: Iterable[str], class_set: ClassSet) -> Iterator[str]:
    """What a person should know: classes under another name, and classes that were left out."""
    meant = {name: class_meant(name, class_set) for name in written}
    if others := [f"{name} as {found}" for name, found in meant.items() if found and found != name]:
        yield f"read {', '.join(others)}"
    if ignored := [name for name, found in meant.items() if found is None]:
        yield f"left out {', '.join(ignored)}: no class of {class_set.name}"


def _bytes(path: Path) -> bytes:
    try:
        if path.is_file():
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1)
            if len(data) <= _LARGEST:
                return data
            raise ContentError(f"{path.name} is larger than {_LARGEST // 2**20} MB: no description set is")
        raise UsageError(f"{path} {'is no file' if path.exists() else 'does not exist'}")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
