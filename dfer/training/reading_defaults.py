"""How each recipe reads clips unless it is told otherwise."""

from dataclasses import dataclass
from typing import Any

from dfer.clips.settings import ClipSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """Augmentation by its name in `dfer.clips.augmentation`, and how frames are sampled."""

    augmentation: str
    clip_settings: ClipSettings


_DFER_CLIP = Reading(augmentation="mafw", clip_settings=ClipSettings())
_EMOCLIP = Reading(augmentation="emoclip", clip_settings=ClipSettings(sampling="windows"))
# Towers that do not train and frames that are not augmented: their features are computed once.
_FEATURES = Reading(augmentation="none", clip_settings=ClipSettings())

READING: dict[str, Reading] = {
    "dfer-clip": _DFER_CLIP,
    "emoclip": _EMOCLIP,
    "emoclip-supervised": _EMOCLIP,
    "coop": _FEATURES,
    "cocoop": _FEATURES,
    "linear-probe": _FEATURES,
    "finetune": _DFER_CLIP,
    "finetune-temporal": _DFER_CLIP,
    "zero-shot": _FEATURES,
}


def clip_settings_of(recipe: str, **said: Any) -> ClipSettings:
    """The recipe's own settings with those replaced that are not None.

    Raises:
        UsageError: settings that do not go together. An unknown recipe is left to `recipe_settings`.
    """
    own = READING[recipe].clip_settings if recipe in READING else ClipSettings()
    return ClipSettings(
        **own.model_dump() | {name: value for name, value in said.items() if value is not None}
    )
