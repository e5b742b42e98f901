"""Captions of MAFW from the lists that have them, where other lists say which clips there are.

Captions are an extra: whatever is wrong with these lists costs captions at most, and a note says so.
"""

from collections.abc import Iterable

from dfer.clips.clip import Clip
from dfer.clips.readers.list_files import Lists
from dfer.clips.readers.list_problems import ListProblems
from dfer.clips.readers.mafw_lines import mafw_clips
from dfer.errors import UsageError


def read_captions(lists: Lists, listed: Iterable[Clip]) -> tuple[dict[str, str], list[str]]:
    """Captions by clip id, and notes on lines that are none and on labels other than those `listed`."""
    labels: dict[str, set[str]] = {}
    for clip in listed:
        labels.setdefault(clip.id, set()).add(clip.label)
    captions: dict[str, str] = {}
    contradicting: dict[str, str] = {}
    problems = ListProblems()
    for file in lists.files:
        try:
            for clip, place in mafw_clips(file, problems):
                if clip.caption:
                    captions[clip.id] = clip.caption
                meant = labels.get(clip.id)
                if meant and clip.label not in meant:
                    said = f"{place}: {clip.id} is {clip.label}, elsewhere {' or '.join(sorted(meant))}"
                    contradicting.setdefault(clip.id, said)
        except UsageError as error:
            problems.add(str(file.path), error.message)
    notes = []
    if problems.found:
        first = problems.found[0]
        notes.append(
            f"captions left out: {len(problems.found)} lines of {lists.pattern} cannot be read, the first is "
            f"{first.place}: {first.message}"
        )
    if contradicting:
        notes.append(
            f"{len(contradicting)} clips have another label in the lists with captions, which is not taken; "
            f"the first is {next(iter(contradicting.values()))}"
        )
    return captions, notes
