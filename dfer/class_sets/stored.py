"""The class set that a stored description set was made for."""

from sqlite_utils import Database

from description_store.records import DescriptionSet
from description_store.sets import load_class_set_content
from dfer.class_sets.class_set import ClassSet


def class_set_of(db: Database, found: DescriptionSet) -> ClassSet:
    content = load_class_set_content(db, found.class_set_hash)
    return ClassSet.model_validate({"name": found.class_set, "classes": content})
