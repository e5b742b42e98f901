"""What the first bytes of an image file say it is. Pure functions of bytes; nothing is decoded."""

from dataclasses import dataclass

HEAD = 16_384
"""Bytes to read at first: most face crops are not longer, so that one look at the disk reads all of them."""

# A JPEG's frame headers, which hold its size: SOF0 to SOF15 without DHT, JPG and DAC.
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageHead:
    """`size` (width, height) is None where the head is too short to say; `body` is where pixels may begin."""

    format: str
    size: tuple[int, int] | None = None
    body: int = 0


def read_head(head: bytes) -> ImageHead | None:
    """None where the bytes are no JPEG, PNG or WebP; it may still be an image of a rarer kind."""
    if head.startswith(b"\xff\xd8"):
        return _jpeg(head)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        if head[12:16] != b"IHDR" or len(head) < 24:
            return ImageHead(format="png")
        size = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
        return ImageHead(format="png", size=size, body=33)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ImageHead(format="webp", size=_webp_size(head), body=12)
    return None


def is_whole(image: ImageHead, data: bytes, *, starts_at: int, length: int) -> bool:
    """Whether a file of `length` bytes ends as its format ends.

    `data` are its bytes from `starts_at` on. What a camera writes behind the end is no fault, so False from
    only the last bytes means: look at all.
    """
    if image.format == "jpeg":
        # Within pixels 0xFF is always followed by 0x00 or a restart marker; a preview lies before the body.
        return data.find(b"\xff\xd9", max(0, image.body - starts_at)) >= 0
    if image.format == "png":
        return b"IEND" in data
    announced = int.from_bytes(data[4:8], "little") + 8 if starts_at == 0 else 0
    return starts_at == 0 and announced <= length


def _jpeg(head: bytes) -> ImageHead:
    size = None
    place = 2
    while place + 4 <= len(head) and head[place] == 0xFF:
        marker = head[place + 1]
        if marker == 0xFF:  # padding between segments
            place += 1
            continue
        if marker == _START_OF_SCAN:
            return ImageHead(format="jpeg", size=size, body=place)
        if marker in _FRAME_HEADERS and place + 9 <= len(head):
            height = int.from_bytes(head[place + 5 : place + 7], "big")
            width = int.from_bytes(head[place + 7 : place + 9], "big")
            size = (width, height)
        place += 2 + int.from_bytes(head[place + 2 : place + 4], "big")
    return ImageHead(format="jpeg", size=size, body=place)


def _webp_size(head: bytes) -> tuple[int, int] | None:
    kind, body = head[12:16], head[20:]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    return None
