"""How long clips are: against what their lists say, and against how many frames are sampled."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dfer.clips.checking.finding import Finding, grouped, how_many
from dfer.clips.checking.listed import Listed


@dataclass(frozen=True, kw_only=True, slots=True)
class Lengths:
    """Frames of the clips on disk; `short` clips have fewer than are sampled."""

    shortest: int
    mean: float
    longest: int
    short: int


def measure(counts: Mapping[Path, int], *, frames: int) -> Lengths | None:
    """None where no clip has frames."""
    known = [count for count in counts.values() if count]
    if not known:
        return None
    return Lengths(
        shortest=min(known),
        mean=sum(known) / len(known),
        longest=max(known),
        short=sum(count < frames for count in known),
    )


def look_for_short(counts: Mapping[Path, int], *, frames: int) -> Iterator[Finding]:
    """Clips of fewer than `frames` frames; `counts` are those of the clips that have any."""
    short = {path: count for path, count in counts.items() if 0 < count < frames}
    yield from grouped(
        "short-clip",
        "warning" if 2 * len(short) > len(counts) else "note",
        [f"{path}: {how_many(count, 'frame')}" for path, count in short.items()],
        thing="clip",
        message=f"shorter than the {frames} frames that are sampled"
        + (f"; the shortest has {min(short.values())}" if short else ""),
        hint="the last frame is repeated; --short-clips of dfer train has other ways",
    )


def look_at_lengths(listed: Mapping[Path, Listed], counts: Mapping[Path, int]) -> Iterator[Finding]:
    """Clips against the numbers of frames in their lists; `counts` are the frames of those that have any."""
    said = {path: entry.clip.listed_frames for path, entry in listed.items()}
    differences = {
        path: count - number
        for path, count in counts.items()
        if (number := said[path]) is not None and number != count
    }
    where = [
        f"{listed[path].place}: {said[path]} frames in the list, {counts[path]} on disk"
        for path in differences
    ]
    compared = sum(said[path] is not None for path in counts)
    one_short = Counter(differences.values())[1]
    if compared > 1 and one_short == compared:
        yield from grouped(
            "listed-frames",
            "note",
            where,
            thing="clip",
            message="with one frame less in the list than on disk: all of them, so the list counts from 0",
            hint="a known habit of MAFW lists (`len - 1`); frames are counted on disk, nothing is lost",
        )
        return
    yield from grouped(
        "listed-frames",
        "warning",
        where,
        thing="clip",
        message="with another number of frames on disk than in the list",
        hint="frames are counted on disk, so training goes on; were some lost, or extracted otherwise?",
    )
