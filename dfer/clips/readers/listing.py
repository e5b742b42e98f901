"""What a reader makes of a data set: its clips, and all that is wrong with its lists, without raising."""

from dataclasses import dataclass
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.readers.list_problems import ListProblems, Problem, check_clips
from dfer.errors import ContentError


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The clips that a data set's lists name, in their order, whether or not they are on disk.

    `places` says for each clip where it is listed ("file:line", or its folder where folders are the list).
    `problems` are lines that are no clips. `notes` say what the reader chose where a data set can lie on disk
    in several ways. `root` is where clips were looked for.
    """

    clips: tuple[Clip, ...]
    places: tuple[str, ...]
    root: Path
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    hint_missing: str = ""

    def checked(self) -> list[Clip]:
        """The clips, once lists and disk are known to agree.

        Raises:
            ContentError: wrong lines, clips that are not there, or clips that are listed twice; the first few
                of them, with the count of all.
        """
        problems = ListProblems(self.problems)
        if not self.clips:
            problems.raise_if_any()
            raise ContentError(f"no clips are listed in {self.root}")
        check_clips(zip(self.clips, self.places, strict=True), problems, hint_missing=self.hint_missing)
        problems.raise_if_any()
        return list(self.clips)
