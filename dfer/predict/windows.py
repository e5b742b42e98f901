"""Which stretches of a clip are recognised by themselves. Pure functions of the frames' times."""

import math
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from dfer.clips.sampling import sampled_indices
from dfer.clips.settings import ClipSettings
from dfer.errors import ContentError, UsageError
from dfer.models.settings import Settings

LONG = 10.0
"""Seconds. Clips of the field last two to five; in more, one feeling follows the other."""

USUAL = 2.0
"""Seconds of a window where nobody says: a short clip of the field."""

_SHORTEST = 0.01
"""Seconds of a window or a stride: nothing in a face is faster, and windows without end fill the memory."""

_FRAMES_PER_SECOND = 25
_ROUNDING = 1e-6
"""Seconds. A frame's time in a file is a fraction that was rounded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """From `start` up to `end`, in seconds from the clip's beginning, and the places of its frames."""

    start: float
    end: float
    frames: range


@dataclass(frozen=True, kw_only=True, slots=True)
class Windowing:
    """What a user says of windows; None leaves it to the clip (`windows_of`)."""

    seconds: float | None = None
    """0: one window over the whole clip, however long."""
    stride: float | None = None
    """From the start of one window to that of the next. Default: half a window."""

    def __post_init__(self) -> None:
        """Raises UsageError: numbers that make no windows."""
        if self.seconds and not _SHORTEST <= self.seconds < math.inf:
            raise UsageError(
                f"--window {self.seconds:g}: expected {_SHORTEST:g} seconds or more, or 0 for the whole clip"
            )
        if self.stride is not None and not _SHORTEST <= self.stride < math.inf:
            raise UsageError(f"--stride {self.stride:g}: expected {_SHORTEST:g} seconds or more")
        if self.stride is not None and self.seconds == 0:
            raise UsageError("--stride does not go with --window 0", hint="leave one of them out")
        if self.seconds is not None:
            self.stride_of(self.seconds)

    def stride_of(self, seconds: float) -> float:
        """From window to window, where each has so many seconds. Raises UsageError: they leave gaps."""
        if self.stride is not None and self.stride > seconds:
            raise UsageError(
                f"--stride {self.stride:g} would leave out what lies between windows of {seconds:g} s",
                hint="choose a stride of at most the window, which --window says",
            )
        return self.stride or seconds / 2


def duration(times: Sequence[float]) -> float:
    """Seconds from the first frame to the end of the last, as long as the one before; of a picture 0.

    Raises:
        ContentError: no frames.
    """
    if not times:
        raise ContentError("a clip without frames")
    if len(times) == 1:
        return 0.0
    return times[-1] - times[0] + (times[-1] - times[-2])


def usual_seconds(settings: Settings, clip_settings: ClipSettings) -> float:
    """`USUAL`; where consecutive frames are sampled, as long as they last at 25 frames a second."""
    if clip_settings.sampling == "windows":
        return settings.frames * clip_settings.downsample / _FRAMES_PER_SECOND
    return USUAL


def windows_of(times: Sequence[float], windowing: Windowing, *, usual: float) -> tuple[Window, ...]:
    """One window over a clip of up to `LONG` seconds; a longer one slides in windows of `usual` seconds.

    Windows of as many seconds as `windowing` says slide over any clip that is longer than one of them. The
    last window ends where the clip does, so that no frame is left out, and overlaps the one before by more.
    A stretch in which a video shows no new frame has no window.

    Raises:
        ContentError: no frames.
        UsageError: as `Windowing.stride_of`.
    """
    whole = duration(times)
    seconds = windowing.seconds
    if seconds is None:
        seconds = usual if whole > LONG + _ROUNDING or windowing.stride is not None else 0.0
    first, stride = times[0], windowing.stride_of(seconds)
    if not seconds or whole <= seconds + _ROUNDING:
        return (Window(start=0.0, end=whole, frames=range(len(times))),)
    count = int((whole - seconds) / stride + _ROUNDING) + 1
    starts = [number * stride for number in range(count)]
    if starts[-1] + seconds < whole - _ROUNDING:
        starts.append(whole - seconds)
    windows = []
    for start in starts:
        begin, end = (
            bisect_left(times, first + at - _ROUNDING) for at in (start, min(start + seconds, whole))
        )
        if begin < end:
            windows.append(Window(start=start, end=start + seconds, frames=range(begin, end)))
    return tuple(windows)


def sampled(window: Window, frames: int, clip_settings: ClipSettings) -> list[int]:
    """Which frames of the clip stand for the window: as test clips are sampled, always the same."""
    # EmoCLIP's random test windows would say something else of the same clip each time.
    fixed = clip_settings.model_copy(update={"random_test_windows": False})
    places = sampled_indices(len(window.frames), frames, fixed, training=False, rng=random.Random(0))
    return [window.frames[place] for place in places]
