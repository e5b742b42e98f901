"""What a user wants recognised: its frames with their times, and where the face is on each."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfer.clips.image_file import Pixels
from dfer.clips.resizing import Fit, fit_to
from dfer.errors import ContentError, UsageError
from dfer.faces.box import Box, SeenFace
from dfer.faces.boxes_file import check_boxes, read_boxes
from dfer.faces.cropping import cut_out
from dfer.faces.detector import FaceDetector
from dfer.faces.face_source import AlreadyCropped, Detected, FaceSource, GivenBoxes
from dfer.faces.following import cuts, follow
from dfer.faces.media import MediaKind, media_kind
from dfer.faces.placing import in_scale_of_the_first, on_frames, squares
from dfer.faces.playing import Frame, Picture, play


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A clip that was looked through once; its pixels are read again by `crops`."""

    path: Path
    kind: MediaKind
    times: tuple[float, ...]
    """Seconds of each frame from the first: a video's own timestamps, index / fps of a folder's."""
    boxes: tuple[Box | None, ...]
    """The square cut out of each frame; None: the frame is taken whole."""
    seen: tuple[bool, ...]
    """Whether a face was given or found on that very frame."""
    notes: tuple[str, ...]
    """What a person should know: damage, frames without a box, several people."""

    def crops(self, *, size: int, fit: Fit, wanted: Sequence[int] | None = None) -> Iterator[Pixels]:
        """uint8 (size, size, 3) of each frame, or of those at the ascending places `wanted`, one at a time.

        Whole frames are as evaluation sees them. Of others nothing is converted or resized, and none behind
        the last is read.

        Raises:
            ContentError: the file has become shorter since it was opened.
        """
        places = iter(range(len(self.times)) if wanted is None else wanted)
        place = next(places)
        pictures = (one for one in play(self.path, self.kind, fps=1.0) if isinstance(one, Picture))
        for here, picture in enumerate(pictures):
            if here < place:
                continue
            pixels, box = picture.pixels(), self.boxes[place]
            yield fit_to((pixels if box is None else cut_out(pixels, box))[None], fit, size=size)[0]
            try:
                place = next(places)
            except StopIteration:
                return
        raise ContentError(
            f"{self.path} has changed while it was read", hint="call again when it is complete"
        )


def check_faces(faces: FaceSource, *, clips: int) -> None:
    """Whether the file that says or finds where faces are is fit for so many clips; to be asked early.

    Raises:
        ConfigurationError: no face detector in the file named.
        ContentError: as `check_boxes`.
    """
    if isinstance(faces, GivenBoxes):
        check_boxes(faces.file, clips=clips)
    elif isinstance(faces, Detected):
        FaceDetector(faces.file)


def open_recording(path: Path, *, faces: FaceSource, fps: float = 25.0) -> Recording:
    """Looks through every frame once; what cannot be decoded is left out and told in `notes`.

    `fps` is of a folder's frames.

    Raises:
        ConfigurationError: no face detector in the file named.
        ContentError: no such file, nothing in it can be decoded, or no face is given or found.
        UsageError: `fps` is not above 0.
    """
    if not (math.isfinite(fps) and fps > 0):
        raise UsageError(f"expected frames per second above 0, found {fps:g}")
    kind = media_kind(path)
    given = read_boxes(faces.file, path) if isinstance(faces, GivenBoxes) else ()
    detector = FaceDetector(faces.file) if isinstance(faces, Detected) else None
    frames: list[Frame] = []
    damages: list[str] = []
    found: list[tuple[SeenFace, ...]] = []
    for picture in play(path, kind, fps=fps):
        if isinstance(picture, ContentError):
            damages.append(picture.message)
            continue
        frames.append(picture.frame)
        if detector is not None:
            found.append(detector.faces(picture.pixels()))
    if not frames:
        raise ContentError(f"nothing in {path} can be decoded: {'; '.join(damages[:3])}")
    notes = (
        damages if len(damages) <= 3 else [*damages[:2], f"{len(damages) - 2} more frames cannot be decoded"]
    )
    boxes: tuple[Box | None, ...] = (None,) * len(frames)
    seen = (True,) * len(frames)
    if not isinstance(faces, AlreadyCropped):
        if isinstance(faces, GivenBoxes):
            found, late = on_frames(given, frames)
            notes += [f"boxes that come after the last frame are not used: {late}"] if late else []
        followed = follow(in_scale_of_the_first(found, frames))
        seen = tuple(box is not None for box in followed)
        if not any(seen):
            raise _no_face(path, faces)
        boxes = squares(followed, frames, margin=faces.margin)
        notes += [*_notes_on_faces(found, seen), *_notes_on_cuts(followed, frames)]
    return Recording(
        path=path,
        kind=kind,
        times=tuple(frame.time for frame in frames),
        boxes=boxes,
        seen=seen,
        notes=tuple(notes),
    )


def _notes_on_faces(found: Sequence[Sequence[SeenFace]], seen: Sequence[bool]) -> list[str]:
    notes = []
    if without := seen.count(False):
        notes.append(
            f"no box on {without} of {_frames(len(seen))}: the face is taken between where it was before and "
            "after, or where it was first or last"
        )
    if several := sum(len(here) > 1 for here in found):
        most = max(map(len, found))
        notes.append(
            f"{'up to ' if most > 2 else ''}{most} faces on {several} of {_frames(len(seen))}: the one that "
            "is largest for longest is followed"
        )
    return notes


def _notes_on_cuts(followed: Sequence[Box | None], frames: Sequence[Frame]) -> list[str]:
    jumps = cuts(followed)
    if not jumps:
        return []
    times = ", ".join(f"{frames[frame].time:.2f} s" for frame in jumps[:3]) + (", …" if jumps[3:] else "")
    return [f"the box jumps at {times}: taken as a cut, after which it may be another face"]


def _frames(count: int) -> str:
    return f"{count} frame" if count == 1 else f"{count} frames"


def _no_face(path: Path, faces: GivenBoxes | Detected) -> ContentError:
    if isinstance(faces, Detected):
        return ContentError(
            f"no face is found in {path}",
            hint="if its frames are face crops, leave the detector out; or give the boxes with --boxes FILE",
        )
    return ContentError(f"no box of {faces.file} lies on a frame of {path}")
