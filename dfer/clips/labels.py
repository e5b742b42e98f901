"""Labels are names. Here the spellings of the field become the names of a class set."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dfer.class_sets.class_set import stem
from dfer.clips.clip import Clip
from dfer.errors import ContentError

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
    if _INTEGER.fullmatch(label.strip()):
        return None  # "1" is somebody's coding of the classes; guessing which one would be silent nonsense
    wanted = stem(label)
    if same_spelling := [name for name in names if stem(name) == wanted]:
        return same_spelling[0] if len(same_spelling) == 1 else None
    synonyms = next((row for row in _ALIASES if wanted in row), frozenset())
    same_meaning = [name for name in names if stem(name) in synonyms]
    return same_meaning[0] if len(same_meaning) == 1 else None


def with_known_labels(
    clips: Sequence[Clip], class_names: Sequence[str], *, allow_missing: bool = False
) -> list[Clip]:
    """The clips with their labels as the class set spells them.

    Raises:
        ContentError: labels that no class of the set means (integers among them), or, unless `allow_missing`,
            classes of the set without any clip.
    """
    meaning = {label: canonical_label(label, class_names) for label in {clip.label for clip in clips}}
    unknown = Counter(clip.label for clip in clips if meaning[clip.label] is None)
    if unknown:
        listed = ", ".join(f"{label!r} ({count} clips)" for label, count in sorted(unknown.items())[:10])
        more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        hint = f"the classes are: {', '.join(class_names)}"
        if any(_INTEGER.fullmatch(label.strip()) for label in unknown):
            hint = (
                "labels are names, since every data set numbers its classes differently; write the names "
                f"into the list, or use a DFER-CLIP list for its integer coding; {hint}"
            )
        raise ContentError(f"labels that are no class of the set: {listed}{more}", hint=hint)
    known = [replace(clip, label=meaning[clip.label] or clip.label) for clip in clips]
    if not allow_missing and (missing := [n for n in class_names if n not in {clip.label for clip in known}]):
        raise ContentError(
            f"set for the wrong classes: no clip is labelled {', '.join(map(repr, missing))}",
            hint="choose the class set of this data set, or pass --allow-missing-classes",
        )
    return known
