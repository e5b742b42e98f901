"""What a recipe can be told, with the published values as defaults. Reading settings needs no torch."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from dfer.errors import UsageError

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
PixelNormalisation = Literal["none", "clip"]
Duplicates = Literal["negative", "positive"]
FrameEnsemble = Literal["mean", "mean_normalised", "mean_score", "max_score"]


def _with_one_place(template: str) -> str:
    if template.count("{}") != 1:
        raise ValueError("a template has {}, the place for a text, exactly once")
    return template


def _one_or_several(said: object) -> object:
    """One sentence is a list of one; a bare `{}` on the command line is JSON for an empty object."""
    if said == {}:
        return ("{}",)
    if isinstance(said, str) and said.lstrip().startswith("["):
        raise ValueError('a list that is not closed or quoted as JSON is: ["{}", "a photo of {}"]')
    return (said,) if isinstance(said, str) else said


Template = Annotated[str, AfterValidator(_with_one_place)]
Templates = Annotated[tuple[Template, ...], BeforeValidator(_one_or_several), Field(min_length=1)]


class RecipeSettings(BaseModel):
    """Frozen, and closed: a misspelt setting is an error, not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    frames: Count = 16
    """Frames sampled from a clip; 1 is the middle one."""
    pixel_normalisation: PixelNormalisation = "clip"
    """"none": pixels stay in [0, 1], as DFER-CLIP has them; "clip": mean and standard deviation of CLIP's
    training."""


class ZeroShotSettings(RecipeSettings):
    """CLIP as it comes: the frames against the descriptions. Nothing is trained."""

    temperature: Positive = 0.01
    """Scales the logits; which class wins does not depend on it."""
    frame_ensemble: FrameEnsemble = "mean"
    """mean: of the frames' features as they are (EmoCLIP's frame ensemble); mean_normalised: each brought to
    length 1 first. mean_score, max_score: every frame is scored by itself, and of each class the mean or the
    best counts."""
    templates: Templates = ("{}",)
    """Sentences around each text, which stands where {} does; "{}" is the text alone. A text's features in
    all of them are normalised, averaged and normalised again, as in CLIP's zero-shot ImageNet; a set combined
    by mean_raw has them averaged as they are."""


class TrainedSettings(RecipeSettings):
    """What every training can be told. The defaults are those of DFER-CLIP's scripts."""

    optimizer: Literal["sgd", "adamw"] = "sgd"
    momentum: NotNegative = 0.9
    """Of SGD."""
    weight_decay: NotNegative = 1e-4
    """For all parameters: norms, positions and context too."""
    schedule: Literal["multistep", "cosine"] = "multistep"
    """multistep: times `gamma` after each of the `milestones`. cosine: down to zero over all epochs."""
    milestones: tuple[Count, ...] = (30, 40)
    """Epochs after which every learning rate is multiplied by `gamma`."""
    gamma: Positive = 0.1
    warmup_epochs: Annotated[int, Field(ge=0)] = 0
    """Epochs at the beginning in which every learning rate is at most `warmup_learning_rate`."""
    warmup_learning_rate: Positive = 1e-5
    epochs: Count = 50
    batch_size: Count = 48
    """Clips in a step, whatever the number of processes that share it."""
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    """balanced: a clip's loss counts in inverse proportion to how frequent its class is in training."""
    soft_labels: bool = False
    """Learn the annotators' votes instead of the label, for clips that have votes."""
    patience: Count | None = None
    """Stop after so many epochs that did not better the selection's score; None trains all of them."""


class DferClipSettings(TrainedSettings):
    """DFER-CLIP as published: the values of its training scripts."""

    pixel_normalisation: PixelNormalisation = "none"
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
    temporal_learning_rate: NotNegative = 1e-2
    visual_learning_rate: NotNegative = 1e-5
    """Of the whole CLIP image tower, which is fine-tuned."""
    context_learning_rate: NotNegative = 1e-3


class EmoClipSettings(TrainedSettings):
    """EmoCLIP as its scripts have it: contrastive training on captions, or on the classes' descriptions."""

    frames: Count = 32
    training_texts: Literal["captions", "descriptions"] = "captions"
    """What a clip is compared with in training: its own caption, or its class's description."""
    missing_captions: Literal["description", "error"] = "description"
    """What a clip without a caption trains on. The paper draws two of five sentences for a neutral clip."""
    long_captions: Literal["cut", "error"] = "cut"
    """A caption beyond CLIP's 77 tokens is cut, as published, and counted aloud; or refused."""
    duplicates: Duplicates = "negative"
    """The same text twice in a batch: each the other's negative, as published, or positives of both clips."""
    held_out_class: str | None = None
    """Leave one class out: no training clip is of this class, every test clip is."""
    temporal_layers: Annotated[int, Field(ge=0)] = 2
    """0 for none, the frames' mean instead: with fine-tuned towers, CLIP fine-tuned with a frame ensemble."""
    temporal_heads: Count = 8
    temporal_head_width: Count = 2048
    """Wide because the published code crossed head width and MLP width; its weights have these shapes."""
    temporal_mlp: Count = 512
    temporal_positions: Count = 1024
    """Positions of the temporal transformer, the class token's included; more than it reads frames."""
    finetune_visual: bool = False
    """Train the whole image tower too."""
    finetune_text: bool = False
    """Train the text transformer's blocks too, as published: not embeddings, last norm or projection."""
    temporal_learning_rate: NotNegative = 1e-3
    head_learning_rate: NotNegative = 1e-3
    """Of the logit scale."""
    visual_learning_rate: NotNegative = 1e-6
    text_learning_rate: NotNegative = 1e-6
    weight_decay: NotNegative = 5e-4
    milestones: tuple[Count, ...] = (15, 35, 50)
    epochs: Count = 30
    batch_size: Count = 128

    @model_validator(mode="after")
    def _no_setting_without_a_meaning(self) -> Self:
        """Raises UsageError: a contrastive step has no class labels to smooth, weigh or soften; or too few
        positions."""
        for name in ("label_smoothing", "class_weights", "soft_labels"):
            if getattr(self, name) != type(self).model_fields[name].default:
                raise UsageError(f"{name} does not go with a contrastive loss", hint="leave it out")
        if self.temporal_layers and self.temporal_positions <= self.frames:
            raise UsageError(
                f"temporal_positions={self.temporal_positions} are too few for {self.frames} frames",
                hint="the class token takes one of them",
            )
        return self


class CoOpSettings(TrainedSettings):
    """CoOp: learnable context beside each text, both towers frozen; frames are averaged.

    DFER-CLIP's adaptation to video is not public: fifty epochs as in its own scripts instead of CoOp's 200.
    """

    context_tokens: Count = 16
    description_position: Literal["end", "middle", "front"] = "end"
    class_specific_context: bool = False
    temperature: Positive = 0.01
    """1 / exp(CLIP's own logit scale), which OpenAI's training let rise to 100."""
    context_learning_rate: NotNegative = 2e-3
    weight_decay: NotNegative = 5e-4
    schedule: Literal["multistep", "cosine"] = "cosine"
    warmup_epochs: Annotated[int, Field(ge=0)] = 1
    batch_size: Count = 32


class CoCoOpSettings(CoOpSettings):
    """CoCoOp: a small network adds to every context vector what it sees in the clip's mean frame feature.

    The text tower runs for each clip of a batch, so batches are small; the original's held one image.
    """

    context_tokens: Count = 4
    meta_learning_rate: NotNegative = 2e-3
    batch_size: Count = 8


class LinearSettings(TrainedSettings):
    """A linear layer on the video feature instead of texts: linear probe and full fine-tuning.

    Both papers report them, neither published code: learning rates are DFER-CLIP's for what starts from
    scratch and for the image tower.
    """

    head_hidden: Annotated[int, Field(ge=0)] = 0
    """Width of a hidden layer in the head; 0 for none. 256 is the MLP head of EmoCLIP's Table IV."""
    finetune_visual: bool = False
    temporal_layers: Annotated[int, Field(ge=0)] = 0
    temporal_heads: Count = 8
    temporal_head_width: Count = 64
    temporal_mlp: Count = 1024
    head_learning_rate: NotNegative = 1e-2
    temporal_learning_rate: NotNegative = 1e-2
    visual_learning_rate: NotNegative = 1e-5


Settings = (
    DferClipSettings | EmoClipSettings | CoOpSettings | CoCoOpSettings | LinearSettings | ZeroShotSettings
)

RECIPES: dict[str, Settings] = {
    "dfer-clip": DferClipSettings(),
    "emoclip": EmoClipSettings(),
    "emoclip-supervised": EmoClipSettings(training_texts="descriptions", milestones=(25, 50), epochs=50),
    "coop": CoOpSettings(),
    "cocoop": CoCoOpSettings(),
    "linear-probe": LinearSettings(),
    "finetune": LinearSettings(finetune_visual=True, pixel_normalisation="none"),
    "finetune-temporal": LinearSettings(finetune_visual=True, pixel_normalisation="none", temporal_layers=1),
    "zero-shot": ZeroShotSettings(),
}
"""Each recipe by name, with its published settings."""


def recipe_settings(recipe: str, overrides: Mapping[str, Any]) -> Settings:
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
        if first["type"] != "extra_forbidden":
            raise UsageError(
                f"setting {name} of {recipe}: {first['msg'].removeprefix('Value error, ')}",
                hint=f"found {first['input']!r}",
            ) from error
        known = list(type(published).model_fields)
        near = difflib.get_close_matches(name, known, n=1)
        raise UsageError(
            f"{recipe} has no setting {name}",
            hint=f"did you mean {near[0]}?" if near else f"its settings: {', '.join(known)}",
        ) from error
