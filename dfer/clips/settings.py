"""How clips become batches: which frames, what if there are too few or broken ones, which clips how often."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Sampling = Literal["segments", "windows"]
ShortClips = Literal["repeat-last", "first-frame", "loop", "reflect"]
BrokenFrames = Literal["error", "skip", "repeat"]
Balance = Literal["none", "oversample", "class-balanced"]


class ClipSettings(BaseModel):
    """The defaults are DFER-CLIP's. Reading settings needs no torch."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    sampling: Sampling = "segments"
    """segments: a frame of each of equal segments (DFER-CLIP). windows: consecutive frames of a thinned clip
    (EmoCLIP)."""
    downsample: Annotated[int, Field(ge=1)] = 4
    """windows only: every so many frames one is kept before the window is taken."""
    random_test_windows: bool = False
    """windows only: test windows at random and wrapped around, as in EmoCLIP's code; else the middle one."""
    short_clips: ShortClips = "repeat-last"
    """What fills a clip that has fewer frames than are sampled."""
    broken_frames: BrokenFrames = "error"
    """A frame that cannot be decoded stops the run, is sampled around, or is replaced by the frame before."""
    balance: Balance = "none"
    """oversample: rarer classes are repeated until all are as frequent as the largest. class-balanced: as
    many clips an epoch as there are, each drawn from a class drawn at random."""

    def chosen(self) -> dict[str, Any]:
        """Only what is not the default, so that a new setting leaves the identity of earlier runs alone."""
        return self.model_dump(mode="json", exclude_defaults=True)
