"""Labels are names. Here the spellings of the field become the names of a class set."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from dfer.class_sets.aliases import DFER_CLIP_LABELS, canonical_label, is_integer
from dfer.clips.clip import Clip
from dfer.errors import ContentError

__all__ = ["DFER_CLIP_LABELS", "canonical_label", "with_known_labels"]


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
        if any(is_integer(label) for label in unknown):
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
