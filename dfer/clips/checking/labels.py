"""Labels that no class means, and clips with two labels."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dfer.class_sets.aliases import DFER_CLIP_LABELS, canonical_label, is_integer
from dfer.clips.checking.finding import EXAMPLES, Finding, grouped, how_many
from dfer.clips.checking.listed import Listed
from dfer.clips.clip import Clip


def class_of(label: str, class_names: Sequence[str] | None) -> str:
    """The class that a label means, else the label; with no class set, the field's spellings become one."""
    return canonical_label(label, DFER_CLIP_LABELS if class_names is None else class_names) or label


def look_at_labels(
    listed: Mapping[Path, Listed],
    class_names: Sequence[str] | None,
    *,
    clips: Sequence[Clip],
    places: Sequence[str],
) -> Iterator[Finding]:
    """Without class names only numbers are wondered at. `clips` are all rows, with the labels as classes."""
    if class_names is None and listed:
        yield Finding(
            kind="no-class-set",
            severity="note",
            message="labels were compared with no class set; name it with --classes",
            count=1,
            hint="only then can misspelt and missing classes be found",
        )
    there = Counter(entry.clip.label for entry in listed.values())
    unknown = Counter(
        {
            label: count
            for label, count in there.items()
            if (is_integer(label) if class_names is None else canonical_label(label, class_names) is None)
        }
    )
    first: dict[str, str] = {}
    for entry in listed.values():
        first.setdefault(entry.clip.label, entry.place)
    if unknown:
        numbers = any(is_integer(label) for label in unknown)
        hints = []
        if numbers:
            hints.append(
                "labels are names, since every data set numbers its classes differently; write the names"
            )
        if class_names is not None:
            hints.append(f"the classes are {', '.join(class_names)}; --classes chooses others")
        yield Finding(
            kind="unknown-label",
            severity="error",
            message=f"{how_many(sum(unknown.values()), 'clip')} with a label that no class means",
            count=sum(unknown.values()),
            examples=tuple(
                f"{first[label]}: {label!r} ({how_many(count, 'clip')})"
                for label, count in unknown.most_common(EXAMPLES)
            ),
            more=max(0, len(unknown) - EXAMPLES),
            hint="; ".join(hints),
        )
    yield from grouped(
        "two-labels",
        "error",
        [
            f"{place}: {clip.label}, and {owner.clip.label} at {owner.place}"
            for clip, place in zip(clips, places, strict=True)
            if clip.label != (owner := listed[clip.path]).clip.label
        ],
        thing="row",
        message="with another label than the same clip has elsewhere",
        hint="are the lists of the folds of one release?",
    )
