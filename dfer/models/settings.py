"""What a recipe can be told, with the published values as defaults. Reading settings needs no torch."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dfer.errors import UsageError

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class RecipeSettings(BaseModel):
    """Frozen, and closed: a misspelt setting is an error, not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DferClipSettings(RecipeSettings):
    """DFER-CLIP as published: the values of its training scripts."""

    context_tokens: Annotated[int, Field(ge=0)] = 8
    """Learnable vectors beside each description; 0 for the description alone. (argparse's default was 4.)"""
    description_position: Literal["end", "middle", "front"] = "end"
    """Where the description stands: after the context, between its halves, or before it."""
    class_specific_context: bool = True
    """A context for each class, or one shared by all."""
    temporal_layers: Annotated[int, Field(ge=0)] = 1
    """Depth of the temporal transformer; 0 for none, the frames' mean instead."""
    temporal_heads: Count = 8
    temporal_head_width: Count = 64
    """Fixed: heads × head width need not be the embedding width."""
    temporal_mlp: Count = 1024
    """Hidden width of the temporal transformer's MLP."""
    temperature: Positive = 0.01
    """Cosine similarities are divided by it; not learned."""
    frames: Count = 16
    """Frames sampled from a clip, and positions of the temporal transformer."""
    pixel_normalisation: Literal["none", "clip"] = "none"
    """"none": pixels stay in [0, 1], as published; "clip": mean and standard deviation of CLIP's training."""

    temporal_learning_rate: NotNegative = 1e-2
    visual_learning_rate: NotNegative = 1e-5
    """Of the whole CLIP image tower, which is fine-tuned."""
    context_learning_rate: NotNegative = 1e-3
    momentum: NotNegative = 0.9
    weight_decay: NotNegative = 1e-4
    """For all parameters: norms, positions and context too."""
    milestones: tuple[Count, ...] = (30, 40)
    """Epochs after which every learning rate is multiplied by `gamma`."""
    gamma: Positive = 0.1
    epochs: Count = 50
    batch_size: Count = 48


class ZeroShotSettings(RecipeSettings):
    """CLIP as it comes: the mean of the frames against the descriptions. Nothing is trained."""

    frames: Count = 16
    pixel_normalisation: Literal["none", "clip"] = "clip"
    """CLIP expects its own mean and standard deviation."""
    temperature: Positive = 0.01
    """Scales the logits; which class wins does not depend on it."""


RECIPES: dict[str, DferClipSettings | ZeroShotSettings] = {
    "dfer-clip": DferClipSettings(),
    "zero-shot": ZeroShotSettings(),
}
"""Each recipe by name, with its published settings."""


def recipe_settings(recipe: str, overrides: Mapping[str, Any]) -> DferClipSettings | ZeroShotSettings:
    """A recipe's published settings with some replaced.

    Raises:
        UsageError: no such recipe, no such setting, or a value that it cannot have.
    """
    if recipe not in RECIPES:
        raise UsageError(f"unknown recipe {recipe!r}", hint=f"one of {', '.join(RECIPES)}")
    published = RECIPES[recipe]
    try:
        return type(published).model_validate(published.model_dump() | dict(overrides))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"setting {name} of {recipe}: {first['msg']}",
            hint=f"its settings: {', '.join(type(published).model_fields)}",
        ) from error
