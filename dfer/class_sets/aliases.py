"""The names that data sets and papers give the emotions, and which class of a set each of them means."""

import re
from collections.abc import Iterable

from dfer.class_sets.class_set import stem

DFER_CLIP_LABELS: tuple[str, ...] = (
    "happiness",
    "sadness",
    "neutral",
    "anger",
    "surprise",
    "disgust",
    "fear",
    "contempt",
    "anxiety",
    "helplessness",
    "disappointment",
)
"""What the integers 0 to 10 mean in DFER-CLIP's lists; DFEW and FERV39k use 0 to 6, MAFW all of them."""

# Each row is one class under the names that data sets and papers give it. DFEW and FERV39k publish
# adjectives, MAFW and AFEW nouns; both must land on the class set's own name to be compared.
_ALIASES: tuple[frozenset[str], ...] = (
    frozenset({"happiness", "happy"}),
    frozenset({"sadness", "sad"}),
    frozenset({"neutral", "neutrality"}),
    frozenset({"anger", "angry"}),
    frozenset({"surprise", "surprised"}),
    frozenset({"disgust", "disgusted"}),
    frozenset({"fear", "fearful", "afraid"}),
    frozenset({"contempt", "contemptuous"}),
    frozenset({"anxiety", "anxious"}),
    frozenset({"helplessness", "helpless"}),
    frozenset({"disappointment", "disappointed"}),
)

_INTEGER = re.compile(r"[+-]?[0-9]+(\.0*)?")


def canonical_label(label: str, class_names: Iterable[str]) -> str | None:
    """The class that `label` means, or None: the exact name, then its spelling, then an alias of the field.

    Spelling means letters and digits only, whatever their case: `Anger-Disgust` is `anger_disgust`.
    An alias that fits two classes of the set ("sad" beside "sadness" and "Sad!") means neither.
    """
    names = list(class_names)
    if label in names:
        return label
    if is_integer(label):
        return None  # "1" is somebody's coding of the classes; guessing which one would be silent nonsense
    wanted = stem(label)
    if same_spelling := [name for name in names if stem(name) == wanted]:
        return same_spelling[0] if len(same_spelling) == 1 else None
    synonyms = next((row for row in _ALIASES if wanted in row), frozenset())
    same_meaning = [name for name in names if stem(name) in synonyms]
    return same_meaning[0] if len(same_meaning) == 1 else None


def is_integer(label: str) -> bool:
    """Whether a label is a number ("3", " 3.0"), so that it names no class by itself."""
    return _INTEGER.fullmatch(label.strip()) is not None
