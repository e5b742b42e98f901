"""How many clips are scored at a time."""

from dfer.models.image_tower import ImageTower
from dfer.models.recogniser import VideoRecogniser

_BYTES = 2**30
_MOST = 64

_FLOAT = 4
_PIXELS_HELD = 3
"""Copies of a batch's pixels while it enters the tower: as floats, normalised, cut in patches."""
_WIDTHS_HELD = 10
"""Of a token, while it passes a block: the residual, norms, the MLP's four widths before and after GELU."""


def clips_at_once(recogniser: VideoRecogniser, *, frames: int) -> int:
    """As many clips of `frames` frames as take about a gigabyte on their way through the image tower.

    It depends on the model alone, not on what memory is free: sums of another batch are rounded otherwise,
    and an evaluation must give the same scores tomorrow. 1 at least, and no more than help.
    """
    pixels = 3 * recogniser.image_size**2
    of_image = pixels * _FLOAT * _PIXELS_HELD
    tower = recogniser.visual
    if isinstance(tower, ImageTower):
        of_image += tower.positional_embedding.numel() * _FLOAT * _WIDTHS_HELD
    else:
        of_image *= 8  # feature maps of a ResNet, tokens of a timm model: somewhat more
    return max(1, min(_MOST, _BYTES // (frames * of_image)))
