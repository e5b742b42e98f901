"""A square out of a picture."""

import numpy as np

from dfer.clips.image_file import Pixels
from dfer.faces.box import Box


def cut_out(picture: Pixels, box: Box) -> Pixels:
    """uint8 (height, width, 3) → (side, side, 3), to whole pixels; beyond an edge the edge is repeated."""
    height, width = picture.shape[:2]
    side = max(1, round(box.width))
    x, y = box.centre
    left, top = round(x - side / 2), round(y - side / 2)
    if left >= 0 and top >= 0 and left + side <= width and top + side <= height:
        return np.ascontiguousarray(picture[top : top + side, left : left + side])
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    return np.ascontiguousarray(picture[rows[:, None], columns])
