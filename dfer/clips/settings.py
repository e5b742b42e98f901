"""How clips become batches: which frames, what if there are too few or broken ones, which clips how often."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dfer.errors import UsageError

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
    """What fills a clip that has fewer frames than are sampled. Windows at random are wrapped around and
    mirrored instead, as published."""
    broken_frames: BrokenFrames = "error"
    """A frame that cannot be decoded stops the run, is sampled around, or is replaced by the frame before."""
    balance: Balance = "none"
    """oversample: rarer classes are repeated until all are as frequent as the largest. class-balanced: as
    many clips an epoch as there are, each drawn from a class drawn at random."""

    @model_validator(mode="after")
    def _no_choice_without_effect(self) -> Self:
        """Runs of the same batches must have the same identity.

        Raises:
            UsageError: a setting of windows without windows.
        """
        for name, default in (("downsample", 4), ("random_test_windows", False)):
            if self.sampling != "windows" and getattr(self, name) != default:
                flag = name.replace("_", "-")
                raise UsageError(f"--{flag} goes with --sampling windows", hint="leave it out")
        return self

    def chosen(self) -> dict[str, Any]:
        """Only what is not the default, so that a new setting leaves the identity of earlier runs alone."""
        return self.model_dump(mode="json", exclude_defaults=True)
