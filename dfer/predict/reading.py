"""From files to the crops that a recogniser will see: opened, divided into windows, read once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfer.clips.image_file import Pixels
from dfer.errors import ContentError
from dfer.faces.face_source import FaceSource
from dfer.faces.recording import Recording, open_recording
from dfer.predict.loaded import LoadedRecogniser
from dfer.predict.windows import LONG, Window, Windowing, sampled, usual_seconds, windows_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """The clip `clip`, by its place, and its windows, each with the frames that stand for it."""

    clip: int
    recording: Recording
    windows: tuple[tuple[Window, tuple[int, ...]], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadFrame:
    """uint8 (size, size, 3), one of those that a window asks for."""

    clip: int
    index: int
    pixels: Pixels


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """Nothing more comes of the clip."""

    clip: int
    message: str
    hint: str


Read = Opened | ReadFrame | Failed


def read_clip(
    clip: int,
    path: Path,
    put: Callable[[Read], None],
    *,
    loaded: LoadedRecogniser,
    faces: FaceSource,
    fps: float,
    windowing: Windowing,
) -> None:
    """Put `Opened`, then the frames in order; `Failed` where the file is at fault, now or on the way."""
    try:
        recording = open_recording(path, faces=faces, fps=fps)
        usual = usual_seconds(loaded.settings, loaded.clip_settings)
        windows = windows_of(recording.times, windowing, usual=usual)
        sampling = tuple(
            (window, tuple(sampled(window, loaded.settings.frames, loaded.clip_settings)))
            for window in windows
        )
        notes = recording.notes + _on_windows(windows, windowing, usual=usual)
        put(Opened(clip=clip, recording=recording, windows=sampling, notes=notes))
        wanted = sorted({index for _, indices in sampling for index in indices})
        crops = recording.crops(size=loaded.size, fit=loaded.fit, wanted=wanted)
        for index, pixels in zip(wanted, crops, strict=True):
            put(ReadFrame(clip=clip, index=index, pixels=pixels))
    except ContentError as error:  # others, such as a missing detector, are of all clips
        put(Failed(clip=clip, message=error.message, hint=error.hint))
    except OSError as error:  # a disk or network that failed once must not stop the other clips
        put(Failed(clip=clip, message=f"cannot read {path}: {error.strerror or error}", hint=""))


def _on_windows(windows: Sequence[Window], windowing: Windowing, *, usual: float) -> tuple[str, ...]:
    """Where nobody asked for them, that there are any."""
    if len(windows) == 1 or windowing.seconds is not None or windowing.stride is not None:
        return ()
    return (
        f"longer than {LONG:g} s: recognised in windows of {usual:g} s every {usual / 2:g} s "
        "(--window says otherwise, --window 0 takes it whole)",
    )
