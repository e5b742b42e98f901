"""A picture in 255 bits that survive encoding again, resizing, and other brightness."""

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg

Hash = npt.NDArray[np.uint64]
"""(4,); the first of the four holds the coarsest features, so that most pairs are told apart by it alone."""

BITS = 255
_SIDE = 32
_KEPT = 16
_COARSE = 8
_FLAT = 2.0
"""Standard deviation of grey levels below which there is nothing to recognise: black, white, fades."""

# Positions of the 16 x 16 lowest frequencies, those of the 8 x 8 lowest first.
_ORDER = sorted(
    ((row, column) for row in range(_KEPT) for column in range(_KEPT)),
    key=lambda at: (max(at) >= _COARSE, at),
)
_ROWS, _COLUMNS = (np.array(axis) for axis in zip(*_ORDER, strict=True))


def picture_hash(grey: npt.NDArray[np.uint8]) -> Hash | None:
    """Signs of the cosine transform's low frequencies; None for a picture without content.

    The first frequency, the mean brightness, is above 0 in every picture: 255 bits are left that tell
    pictures apart. `grey` is (height, width).
    """
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    if small.std() < _FLAT:
        return None
    bits = cv2.dct(small)[_ROWS, _COLUMNS] > 0
    packed: Hash = np.packbits(bits).view(np.uint64)
    return packed


def decode_small(data: bytes) -> npt.NDArray[np.uint8]:
    """Grey (height, width); a JPEG only as large as hashing needs, which costs a fraction of the time.

    Raises:
        ValueError: it cannot be decoded.
    """
    if simplejpeg.is_jpeg(data):
        _, _, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours != "CMYK":
            grey = simplejpeg.decode_jpeg(
                data, "GRAY", fastdct=True, min_height=_SIDE, min_width=_SIDE, min_factor=1
            )
            return np.asarray(grey[:, :, 0])
    try:
        found = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise ValueError(str(error).strip()) from error
    if found is None:
        raise ValueError("no image, or a damaged one")
    return np.asarray(found, dtype=np.uint8)


def distances(some: Hash, others: Hash) -> npt.NDArray[np.uint16]:
    """Bits that differ: (n, 4) and (m, 4) give (n, m)."""
    bits: npt.NDArray[np.uint16] = np.bitwise_count(some[:, None] ^ others[None]).sum(
        axis=-1, dtype=np.uint16
    )
    return bits
