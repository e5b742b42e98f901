"""Description files that the field already has on disk, read as data: nothing of them is ever executed."""

from dfer.describe.importing.matching import match_classes
from dfer.describe.importing.reading import FORMATS, ImportedWords, read_words

__all__ = ["FORMATS", "ImportedWords", "match_classes", "read_words"]
