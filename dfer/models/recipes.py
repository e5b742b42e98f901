"""Recipes: the same parts, put together in different ways."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

from description_store.records import Combine
from dfer.models.clip_backbone import ClipBackbone
from dfer.models.recogniser import VideoRecogniser
from dfer.models.seeding import seeded
from dfer.models.settings import RECIPES, DferClipSettings, ZeroShotSettings
from dfer.models.temporal import TemporalTransformer, frame_mean
from dfer.models.text_side import TextSide, draw_context, plain_text_side
from dfer.models.tokens import encode_descriptions

__all__ = [
    "RECIPES",
    "DferClipSettings",
    "ZeroShotSettings",
    "build_dfer_clip",
    "build_zero_shot",
    "parameter_groups",
]


def build_dfer_clip(
    *,
    clip: ClipBackbone,
    texts: Sequence[str],
    settings: DferClipSettings,
    seed: int,
    class_names: Sequence[str] | None = None,
) -> VideoRecogniser:
    """DFER-CLIP: visual tower fine-tuned, temporal transformer from scratch, learnable context, frozen text.

    `texts`: one description per class, in class order. `seed` draws context and temporal model, nothing else.
    Takes `clip` over. Without temporal layers the frames are averaged (the published module would then give
    the same output for every clip). Raises ContentError for a description over the budget, UsageError for a
    text tower that is not CLIP's kind.
    """
    tokens = encode_descriptions(
        texts,
        context_length=clip.context_length,
        context_tokens=settings.context_tokens,
        class_names=class_names,
    )
    context = draw_context(
        classes=len(texts),
        tokens=settings.context_tokens,
        width=clip.text_width,
        class_specific=settings.class_specific_context,
        seed=seed,
    )
    text_side = TextSide(
        model=clip.model,
        tokens=tokens,
        context=context,
        description_position=settings.description_position,
    )
    temporal: Callable[[Tensor], Tensor] = frame_mean
    if settings.temporal_layers:
        with seeded(seed, part="temporal"):
            temporal = TemporalTransformer(
                width=clip.embed_width,
                max_frames=settings.frames,
                layers=settings.temporal_layers,
                heads=settings.temporal_heads,
                head_width=settings.temporal_head_width,
                mlp_width=settings.temporal_mlp,
            )
    return _recogniser(clip, temporal, text_side, settings, train_visual=True)


def build_zero_shot(
    *,
    clip: ClipBackbone,
    texts: Sequence[str],
    settings: ZeroShotSettings,
    class_names: Sequence[str] | None = None,
    combine: Combine = "joined",
) -> VideoRecogniser:
    """CLIP without training: frame mean, descriptions alone, CLIP's normalisation. Takes `clip` over.

    `texts`: one string per class; unless `combine` is "joined", each of its lines is a text of its own.
    Raises ContentError for a text over the budget, UsageError for a text tower that is not CLIP's kind.
    """
    text_side = plain_text_side(clip=clip, texts=texts, combine=combine, class_names=class_names)
    return _recogniser(clip, frame_mean, text_side, settings, train_visual=False)


def _recogniser(
    clip: ClipBackbone,
    temporal: Callable[[Tensor], Tensor],
    text_side: TextSide,
    settings: DferClipSettings | ZeroShotSettings,
    *,
    train_visual: bool,
) -> VideoRecogniser:
    visual = clip.model.visual
    assert isinstance(visual, nn.Module)
    visual.requires_grad_(train_visual)
    normalised = settings.pixel_normalisation == "clip"
    return VideoRecogniser(
        visual=visual,
        temporal=temporal,
        text_side=text_side,
        temperature=settings.temperature,
        image_size=clip.image_size,
        pixel_mean=clip.pixel_mean if normalised else None,
        pixel_std=clip.pixel_std if normalised else None,
    )


def parameter_groups(recogniser: VideoRecogniser, settings: DferClipSettings) -> list[dict[str, Any]]:
    """The trainable parameters for `torch.optim.SGD`, a group per learning rate, empty groups left out.

    Each group has a `name` ("temporal", "visual", "context"), and its momentum and weight decay: DFER-CLIP
    decays everything, norms, positions and context included.
    """
    context = recogniser.text_side.context
    temporal = recogniser.temporal
    groups = {
        "temporal": (
            list(temporal.parameters()) if isinstance(temporal, nn.Module) else [],
            settings.temporal_learning_rate,
        ),
        "visual": (list(recogniser.visual.parameters()), settings.visual_learning_rate),
        "context": ([] if context is None else [context], settings.context_learning_rate),
    }
    return [
        {
            "name": name,
            "params": trainable,
            "lr": rate,
            "momentum": settings.momentum,
            "weight_decay": settings.weight_decay,
        }
        for name, (parameters, rate) in groups.items()
        if (trainable := [parameter for parameter in parameters if parameter.requires_grad])
    ]
