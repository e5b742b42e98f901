"""Scored clips of people, as a CSV file lists them: `path,subject[,video]` and a column for each target."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dfer.clips.clip import Clip
from dfer.clips.readers.list_problems import ListProblems, check_clips
from dfer.downstream.score_table import REQUIRED, VIDEO, ScoreTable, choose_targets, number, read_table
from dfer.errors import ContentError

SCORED = "scored"
"""The label of all these clips: a dataset of clips wants one, and classes play no part here."""

_TOLD = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredClip:
    """`scores` are in the order of the targets, None where nobody gave one. At least one is given."""

    clip: Clip
    subject: str
    video: str
    scores: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredClips:
    """Clips sorted by their paths, so that no number depends on the order of the rows.

    `unscored` counts rows without a score of any target, which play no part.
    """

    targets: tuple[str, ...]
    clips: tuple[ScoredClip, ...]
    unscored: int = 0

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(sorted({clip.subject for clip in self.clips}))

    @property
    def videos(self) -> tuple[str, ...]:
        return tuple(sorted({clip.video for clip in self.clips}))


def read_scored_clips(
    file: Path, *, root: Path | None = None, targets: Sequence[str] | None = None
) -> ScoredClips:
    """The clips with their scores, once the table and the disk are known to agree.

    `targets`: the columns of scores; by default every column of numbers. Relative paths start at `root`, or
    at the file's own folder. `video` names the recording a clip was cut from, the clip's path if empty. An
    empty cell is a score that nobody gave. Clips of one video share its scores.

    Raises:
        UsageError: the file cannot be read.
        ContentError: it is no such table, rows are wrong (the first few, each with its line, and the count
            of all), or too few subjects are scored to leave one out.
    """
    table = read_table(file)
    names = choose_targets(table, targets)
    base = file.parent if root is None else root
    problems = ListProblems()
    found: list[tuple[ScoredClip, str]] = []
    unscored = 0
    for line, row in table.rows:
        place = table.place(line)
        clip = _clip(table, row, names, base=base, place=place, problems=problems)
        if clip is None:
            continue
        if all(score is None for score in clip.scores):
            unscored += 1
            continue
        found.append((clip, place))
    _check_videos(found, names, problems)
    check_clips(
        [(scored.clip, place) for scored, place in found],
        problems,
        hint_missing=f"paths start at {base}; --root names another folder for them to start from",
    )
    _raise_if_any(problems)
    clips = ScoredClips(
        targets=names,
        clips=tuple(sorted((scored for scored, _ in found), key=lambda scored: scored.clip.id)),
        unscored=unscored,
    )
    _check_subjects(file, clips)
    return clips


def _clip(
    table: ScoreTable,
    row: tuple[str, ...],
    targets: Sequence[str],
    *,
    base: Path,
    place: str,
    problems: ListProblems,
) -> ScoredClip | None:
    cells = dict(zip(table.header, row, strict=True))
    scores = [number(cells[name]) for name in targets]
    wrong = [(f"the {name} is empty", "") for name in REQUIRED if not cells[name]]
    if "\0" in cells["path"]:
        wrong.append((f"a NUL in the path {cells['path']!r}", ""))
    for name, score in zip(targets, scores, strict=True):
        if cells[name] and score is None:
            wrong.append((f"expected a number as {name}, found {cells[name]!r}", _HINT_NUMBER))
    for problem, hint in wrong:
        problems.add(place, problem, hint=hint)
    if wrong:
        return None
    identity = PurePosixPath(cells["path"].replace("\\", "/")).as_posix()
    subject = cells["subject"]
    clip = Clip(id=identity, path=base / identity, label=SCORED, subject=subject)
    return ScoredClip(clip=clip, subject=subject, video=cells.get(VIDEO) or identity, scores=tuple(scores))


_HINT_NUMBER = "leave a cell empty where nobody gave a score; --targets says which columns are scores"


def _check_videos(
    found: Sequence[tuple[ScoredClip, str]], targets: Sequence[str], problems: ListProblems
) -> None:
    """Clips of one video are of one subject, and what is known of their scores is the same."""
    subjects: dict[str, tuple[str, str]] = {}
    known: dict[tuple[str, str], tuple[float, str]] = {}
    for scored, place in found:
        subject, first = subjects.setdefault(scored.video, (scored.subject, place))
        if subject != scored.subject:
            problems.add(
                place,
                f"video {scored.video!r} is of subject {scored.subject!r} and, at {first}, of {subject!r}",
                hint="all clips of a video are of one subject: what is left out must be left out whole",
            )
        for target, score in zip(targets, scored.scores, strict=True):
            if score is None:
                continue
            given, first = known.setdefault((scored.video, target), (score, place))
            if given != score:
                problems.add(
                    place,
                    f"{target} of video {scored.video!r} is {score:g} and, at {first}, {given:g}",
                    hint="clips of a video share its scores; without the column video each clip counts alone",
                )


def _check_subjects(file: Path, clips: ScoredClips) -> None:
    for place, target in enumerate(clips.targets):
        scored = sorted({clip.subject for clip in clips.clips if clip.scores[place] is not None})
        if len(scored) < 2:
            who = f"only subject {scored[0]!r} has" if scored else "no subject has"
            raise ContentError(
                f"{file}: {who} a score of {target}; to leave one subject out there must be two",
                hint="add subjects, or leave the target out with --targets",
            )


def _raise_if_any(problems: ListProblems) -> None:
    if found := problems.found:
        message = "\n".join(f"{problem.place}: {problem.message}" for problem in found[:_TOLD])
        if len(found) > _TOLD:
            message += f"\n… and {len(found) - _TOLD} more ({len(found)} problems in all)"
        hints = dict.fromkeys(problem.hint for problem in found if problem.hint)
        raise ContentError(message, hint="; ".join(hints))
