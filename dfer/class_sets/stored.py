"""Class sets in the store: the ordered classes that description sets were made for."""

from typing import TYPE_CHECKING

from description_store.reading import Reader
from description_store.records import DescriptionSet
from description_store.sets import load_class_set_content, save_class_set
from dfer.class_sets.class_set import ClassSet

if TYPE_CHECKING:
    from sqlite_utils import Database


def class_set_of(db: Reader, found: DescriptionSet) -> ClassSet:
    """The class set that a stored description set was made for."""
    content = load_class_set_content(db, found.class_set_hash)
    return ClassSet.model_validate({"name": found.class_set, "classes": content})


def store_class_set(db: "Database", class_set: ClassSet) -> None:
    """Keep it, once: a description set refers to it."""
    content = class_set.model_dump(mode="json")["classes"]
    save_class_set(db, class_set_hash=class_set.hash, name=class_set.name, content=content)
