"""The heads and tails of a clip's frames: faults that show without decoding a picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Literal

from dfer.clips.checking.finding import Finding, grouped
from dfer.clips.checking.image_head import HEAD, ImageHead, is_whole, read_head
from dfer.clips.image_file import decode_image

_TAIL = 2048

FaultKind = Literal["empty-file", "truncated-image", "not-an-image", "unreadable-frame"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A frame that training could not read."""

    frame: str
    kind: FaultKind
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameHeads:
    """A folder's frames: their bytes in playing order, and the sizes of whole ones with a frame of each."""

    lengths: tuple[int, ...] = ()
    sizes: tuple[tuple[tuple[int, int], str], ...] = ()
    faults: tuple[Fault, ...] = ()


def heads_of(folder: Path, frames: Sequence[str]) -> FrameHeads:
    """Opens every frame once and reads up to 18 KB of it, more where its end is not there."""
    lengths: list[int] = []
    sizes: dict[tuple[int, int], str] = {}
    faults: list[Fault] = []
    for frame in frames:
        try:
            # Path objects for a million frames would take as long as reading them.
            with FileIO(f"{folder}/{frame}") as file:
                length, size, fault = _look_into(file, folder / frame)
        except OSError as error:
            length, size, fault = 0, None, ("unreadable-frame", error.strerror or str(error))
        lengths.append(length)
        if size is not None and fault is None:
            sizes.setdefault(size, frame)
        if fault is not None:
            faults.append(Fault(frame=frame, kind=fault[0], detail=fault[1]))
    return FrameHeads(lengths=tuple(lengths), sizes=tuple(sizes.items()), faults=tuple(faults))


def look_at_heads(heads: Mapping[Path, FrameHeads]) -> Iterator[Finding]:
    """Frames that cannot be read, and clips whose frames differ in size."""
    for kind, message, hint in (
        (
            "empty-file",
            "of no bytes at all",
            "a full disk or a broken copy leaves them: extract these clips again",
        ),
        ("truncated-image", "whose end is missing", "a broken copy leaves them: extract these clips again"),
        ("not-an-image", "under an image's name that are no images", "extract these again, or remove them"),
        (
            "unreadable-frame",
            "that cannot be read",
            "see the rights of the files, and whether the disk is well",
        ),
    ):
        yield from grouped(
            kind,
            "error",
            [
                f"{path / fault.frame}" + (f": {fault.detail}" if fault.detail else "")
                for path, head in heads.items()
                for fault in head.faults
                if fault.kind == kind
            ],
            thing="frame",
            message=message,
            hint=hint,
        )
    yield from grouped(
        "frame-sizes",
        "error",
        [
            f"{path}: " + ", ".join(f"{w} x {h} ({frame})" for (w, h), frame in head.sizes[:3])
            for path, head in heads.items()
            if len(head.sizes) > 1
        ],
        thing="clip",
        message="whose frames differ in size",
        hint="extract these clips again, all frames in one size",
    )


_Look = tuple[int, tuple[int, int] | None, tuple[FaultKind, str] | None]


def _look_into(file: FileIO, path: Path) -> _Look:
    head = file.read(HEAD) or b""
    if not head:
        return 0, None, ("empty-file", "")
    if len(head) < HEAD:
        length, tail = len(head), head
    else:
        length = file.seek(0, 2)
        file.seek(max(0, length - _TAIL))
        tail = file.read(_TAIL) or b""
    image = read_head(head)
    if image is None:
        return length, *_rarer(path)
    whole = is_whole(image, tail, starts_at=length - len(tail), length=length)
    if image.format == "webp":
        whole = is_whole(image, head, starts_at=0, length=length)
    if image.size is None or not whole:
        # Rare: a preview in front of the picture, or something behind its end.
        file.seek(0)
        data = file.read() or b""
        image = read_head(data) or image
        whole = is_whole(image, data, starts_at=0, length=length)
    if not whole:
        return length, image.size, ("truncated-image", _says(image, length))
    return length, image.size, None


def _rarer(path: Path) -> tuple[tuple[int, int] | None, tuple[FaultKind, str] | None]:
    """Neither JPEG, PNG nor WebP: what training makes of it decides (a BMP under another name is read)."""
    try:
        picture = decode_image(path)
    except (ValueError, OSError):
        return None, ("not-an-image", "")
    return (picture.shape[1], picture.shape[0]), None


def _says(image: ImageHead, length: int) -> str:
    return f"{image.format.upper()} of {length:,} bytes breaks off"
