"""What the ends of an image file tell: its size, whether it is whole, whether it is an image at all."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dfer.clips.checking.frame_heads import FrameHeads, heads_of

SIZE = (50, 40)


def noise(size: tuple[int, int] = SIZE, mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def encoded(form: str, mode: str = "RGB", size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    stream = io.BytesIO()
    noise(size, mode).save(stream, form, **options)
    return stream.getvalue()


def with_preview() -> bytes:
    """A JPEG whose EXIF holds a whole JPEG in front of the picture, as cameras write it."""
    exif = Image.Exif()
    exif[0x010E] = encoded("JPEG", size=(160, 120), quality=95).decode("latin-1")
    return encoded("JPEG", exif=exif)


def look_at(folder: Path, data: bytes) -> FrameHeads:
    (folder / "1.jpg").write_bytes(data)
    return heads_of(folder, ("1.jpg",))


WHOLE = {
    "jpeg": encoded("JPEG"),
    "progressive jpeg": encoded("JPEG", progressive=True),
    "grey jpeg": encoded("JPEG", "L"),
    "cmyk jpeg": encoded("JPEG", "CMYK"),
    "jpeg with a preview": with_preview(),
    "jpeg with a long comment": encoded("JPEG", comment=b"x" * 30_000),
    "png": encoded("PNG"),
    "palette png": encoded("PNG", "P"),
    "lossy webp": encoded("WEBP"),
    "lossless webp": encoded("WEBP", lossless=True),
    "webp with a profile": encoded("WEBP", icc_profile=b"x" * 200),
    "bmp": encoded("BMP"),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_whole_images_of_every_kind_pass_and_their_size_is_known(data: bytes, tmp_path: Path) -> None:
    heads = look_at(tmp_path, data)
    assert heads.faults == ()
    assert heads.sizes == ((SIZE, "1.jpg"),)
    assert heads.lengths == (len(data),)


@pytest.mark.parametrize("more", [1, 100, 30_000])
def test_what_a_camera_writes_behind_the_end_is_no_fault(more: int, tmp_path: Path) -> None:
    assert look_at(tmp_path, encoded("JPEG") + bytes(more)).faults == ()


@pytest.mark.parametrize("name", [name for name in WHOLE if name != "bmp"])
@pytest.mark.parametrize("left", [0.6, 0.98])
def test_images_that_break_off_are_found_without_decoding(name: str, left: float, tmp_path: Path) -> None:
    data = WHOLE[name]
    (fault,) = look_at(tmp_path, data[: int(len(data) * left)]).faults
    assert fault.kind == "truncated-image"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty-file"),
        (b"\x00" * 3000, "not-an-image"),
        (b"version https://git-lfs.github.com/spec/v1\n", "not-an-image"),
        (b"\xff\xd8", "truncated-image"),
        (b"\x89PNG\r\n\x1a\n", "truncated-image"),
        (b"RIFF\x00\x01\x00\x00WEBPVP8 ", "truncated-image"),
    ],
    ids=["nothing", "zeros", "a pointer of git-lfs", "a beginning of jpeg", "of png", "of webp"],
)
def test_what_is_no_image_is_told_from_what_is_broken(data: bytes, kind: str, tmp_path: Path) -> None:
    (fault,) = look_at(tmp_path, data).faults
    assert fault.kind == kind


def test_a_frame_that_went_away_meanwhile_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    (fault,) = heads_of(tmp_path, ("gone.jpg",)).faults
    assert fault.kind == "unreadable-frame"
