"""One image file as pixels. JPEGs through libjpeg-turbo, everything else through OpenCV."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg

# Frames are small and many are read at once by processes. OpenCV's own threads would get in their way; worse,
# a loader worker forked from a process that has started them waits for them for ever.
cv2.setNumThreads(1)
# Damage becomes an error of ours with the file's name; OpenCV would also print a line of its own (libpng does
# all the same). The function moved between OpenCV 4 and 5; 0 is silence.
(cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel)(0)

Pixels = npt.NDArray[np.uint8]


def decode_image(file: Path, *, into: Pixels | None = None) -> Pixels:
    """uint8 (height, width, 3), RGB, as stored: an EXIF orientation is not obeyed, nor is it in PIL.

    A JPEG of the shape of `into` is decoded into it, which saves a copy; look at what is returned.

    JPEGs give the very pixels that PIL gives. Measured on face crops against PIL: 1.4 times as fast, OpenCV's
    own JPEG decoder 1.2 (`benchmarks/loading.py`).

    Raises:
        OSError: the file cannot be read.
        ValueError: what it holds cannot be decoded, or not all of it.
    """
    data = file.read_bytes()
    if not data:
        raise ValueError("the file is empty")
    if simplejpeg.is_jpeg(data):
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours != "CMYK":
            fits = into is not None and into.shape == (height, width, 3)
            # strict, its default: half a picture is an error
            pixels: Pixels = simplejpeg.decode_jpeg(data, "RGB", buffer=into if fits else None)
            return pixels
    # 16 bits become 8, grey and palettes become RGB, an alpha channel goes.
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        found = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flags)
    except cv2.error as error:
        raise ValueError(str(error).strip()) from error
    if found is None:
        raise ValueError("no image, or a damaged one")
    return found.astype(np.uint8, copy=False)
