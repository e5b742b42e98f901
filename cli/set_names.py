"""What people call a description set: v3, 3, @alias, latest, the beginning of a hash, or an exported file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from . import output
from .options import complete_set

if TYPE_CHECKING:
    from sqlite_utils import Database

    from description_store.reading import Reader
    from description_store.records import DescriptionSet

SetName = Annotated[
    str,
    typer.Argument(
        metavar="SET",
        help="v3, 3, @alias, latest, the beginning of a hash, or an exported .json file.",
        autocompletion=complete_set,
    ),
]


class Named(NamedTuple):
    """A set, the store that it is in, and what to call it."""

    store: "Reader"
    found: "DescriptionSet"
    title: str


@contextmanager
def reading(db: Path, name: str) -> Iterator[Named]:
    """The set of that name, to look at. A file is read into a store in memory, and nothing is written."""
    from description_store.database import open_store, open_to_look
    from description_store.sets import find_set

    if not is_file(name):
        with open_to_look(db) as store:
            found = find_set(store, name)
            yield Named(store, found, found.name)
        return
    from description_store.exchange import import_set
    from description_store.export_file import load_export, source_of

    with open_store(Path(":memory:")) as in_memory:
        found, _ = import_set(in_memory, load_export(Path(name)), source=source_of(Path(name)))
        yield Named(in_memory, found, Path(name).name)


def stored_set(store: "Database", name: str, *, quiet: bool = False) -> "DescriptionSet":
    """The set of that name, to work with: one in a file is imported, since runs and children refer to it."""
    from description_store.sets import find_set

    if not is_file(name):
        return find_set(store, name)
    from description_store.exchange import import_set
    from description_store.export_file import load_export, source_of

    found, created = import_set(store, load_export(Path(name)), source=source_of(Path(name)))
    output.note(f"{name} {'imported as' if created else 'is'} {found.name}", quiet=quiet)
    return found


def is_file(name: str) -> bool:
    return name.lower().endswith(".json") and not name.startswith("@")
