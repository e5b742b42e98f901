"""The lines of MAFW's lists: `00025.mp4 anger`, or with two captions behind, Chinese and English.

Separators are told by the line, since copies of either kind of list are around in the other's format.
"""

from collections.abc import Iterator
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.readers.clip_names import five_digits
from dfer.clips.readers.list_files import ListFile
from dfer.clips.readers.list_lines import read_lines
from dfer.clips.readers.list_problems import ListProblems
from dfer.clips.readers.mafw_labels import mafw_label

_ENGLISH = 3
_BLOCK = 50


def mafw_clips(file: ListFile, problems: ListProblems) -> Iterator[tuple[Clip, str]]:
    """The clips of one list, each with its place; their paths are yet to be found.

    A line with TABs may lack captions, or end in more of them; one with blanks is a clip and a label, since a
    third word would leave it open what the label is.

    Raises:
        UsageError: the list cannot be read.
    """
    for place, line in read_lines(file.path, problems, chinese=True):
        text = line.rstrip()
        by_tab = "\t" in text
        fields = [field.strip() for field in (text.split("\t") if by_tab else text.split())]
        if len(fields) < 2 or (len(fields) > 2 and not by_tab) or not (fields[0] and fields[1]):
            problems.add(place, f"expected `clip label` and perhaps two captions, found {line.strip()!r}")
            continue
        if fields[1].isascii() and fields[1].isdigit():
            problems.add(
                place,
                f"expected the name of an emotion, found the number {fields[1]}",
                kind="label-coding",
                hint="MAFW's classes are numbered in three ways; use the data set's own lists, with names",
            )
            continue
        identity = five_digits(fields[0])
        english = fields[_ENGLISH] if len(fields) > _ENGLISH else ""
        yield (
            Clip(
                id=identity,
                path=Path(identity),
                label=mafw_label(fields[1]),
                split=file.split,
                fold=file.fold,
                caption=None if english in ("", "-") else english,
                source=_source(identity),
            ),
            place,
        )


def _source(identity: str) -> str | None:
    if not (identity.isascii() and identity.isdigit()):
        return None
    return f"{int(identity) // _BLOCK * _BLOCK:05d}"
