"""Recipes: the same four parts, put together in different ways."""

from collections.abc import Sequence
from typing import Any, assert_never

from torch import nn

from description_store.records import Combine
from dfer.models.caption_side import CaptionSide
from dfer.models.clip_backbone import ClipBackbone
from dfer.models.combining import class_texts
from dfer.models.conditional_text import ConditionalTextSide
from dfer.models.frame_ensemble import pooling
from dfer.models.heads import CosineHead, LearnedScaleHead, LinearHead
from dfer.models.recogniser import AnyHead, AnyTextSide, VideoRecogniser
from dfer.models.seeding import seeded
from dfer.models.settings import (
    CoCoOpSettings,
    CoOpSettings,
    DferClipSettings,
    EmoClipSettings,
    FrameEnsemble,
    LinearSettings,
    Settings,
    TrainedSettings,
    ZeroShotSettings,
)
from dfer.models.temporal import Temporal, TemporalTransformer, frame_mean
from dfer.models.text_side import TextSide, draw_context, plain_text_side
from dfer.models.tokens import encode_descriptions


def build_recogniser(
    *,
    clip: ClipBackbone,
    texts: Sequence[str],
    settings: Settings,
    seed: int = 0,
    class_names: Sequence[str] | None = None,
    combine: Combine = "joined",
) -> VideoRecogniser:
    """The recogniser of a recipe's settings, with the parts that it trains drawn from `seed`, part by part.

    `texts`: one string per class, in class order; unless `combine` is "joined", each of its lines is a text
    of its own. Takes `clip` over and trains it in place.

    Raises:
        ContentError: a text over the token budget.
        UsageError: a text tower that is not CLIP's kind.
    """
    words = _Words(texts=texts, combine=combine, class_names=class_names)
    temporal: Temporal = frame_mean
    frame_ensemble: FrameEnsemble = "mean"
    text_side: AnyTextSide | None
    head: AnyHead
    match settings:
        case DferClipSettings():  # fine-tuned tower, temporal model from scratch, learnable context
            temporal = _temporal(clip, settings, max_frames=settings.frames, seed=seed)
            text_side = _with_context(clip, words, settings, seed=seed)
            head = CosineHead(temperature=settings.temperature)
            train_visual = True
        case EmoClipSettings():  # temporal model from scratch, logit scale, towers frozen or fine-tuned
            temporal = _temporal(clip, settings, max_frames=settings.temporal_positions - 1, seed=seed)
            text_side = _captions(clip, words, train_blocks=settings.finetune_text)
            head = LearnedScaleHead(log_scale=clip.model.logit_scale)  # type: ignore[arg-type]
            train_visual = settings.finetune_visual
        case CoOpSettings():  # both towers frozen, learnable context; CoCoOp's depends on the clip
            text_side = _with_context(clip, words, settings, seed=seed)
            if isinstance(settings, CoCoOpSettings):
                with seeded(seed, part="meta"):
                    text_side = ConditionalTextSide(
                        text_side=text_side, embed_width=clip.embed_width, text_width=clip.text_width
                    )
            head = CosineHead(temperature=settings.temperature)
            train_visual = False
        case LinearSettings():  # no words: a linear layer on the frozen or fine-tuned tower
            if settings.temporal_layers:
                temporal = _temporal(clip, settings, max_frames=settings.frames, seed=seed)
            text_side = None
            with seeded(seed, part="head"):
                head = LinearHead(width=clip.embed_width, classes=len(texts), hidden=settings.head_hidden)
            train_visual = settings.finetune_visual
        case ZeroShotSettings():  # nothing trains
            frame_ensemble = settings.frame_ensemble
            temporal = pooling(frame_ensemble)
            text_side = plain_text_side(
                clip=clip,
                texts=texts,
                combine=combine,
                class_names=class_names,
                templates=settings.templates,
            )
            head = CosineHead(temperature=settings.temperature)
            train_visual = False
        case _:
            assert_never(settings)
    visual = clip.model.visual
    assert isinstance(visual, nn.Module)
    visual.requires_grad_(train_visual)
    normalised = settings.pixel_normalisation == "clip"
    return VideoRecogniser(
        visual=visual,
        temporal=temporal,
        text_side=text_side,
        head=head,
        frame_ensemble=frame_ensemble,
        image_size=clip.image_size,
        pixel_mean=clip.pixel_mean if normalised else None,
        pixel_std=clip.pixel_std if normalised else None,
    )


class _Words:
    """The set's texts, as tokens that leave room for so many vectors of context."""

    def __init__(self, *, texts: Sequence[str], combine: Combine, class_names: Sequence[str] | None) -> None:
        self.combine = combine
        self.texts, self.owners, self.counts = class_texts(texts, combine, class_names=class_names)

    def tokens(self, clip: ClipBackbone, *, context_tokens: int = 0) -> list[list[int]]:
        return encode_descriptions(
            self.texts,
            context_length=clip.context_length,
            context_tokens=context_tokens,
            class_names=self.owners,
        )


def _with_context(
    clip: ClipBackbone, words: _Words, settings: DferClipSettings | CoOpSettings, *, seed: int
) -> TextSide:
    context = draw_context(
        classes=len(words.counts),
        tokens=settings.context_tokens,
        width=clip.text_width,
        class_specific=settings.class_specific_context,
        seed=seed,
    )
    return TextSide(
        model=clip.model,
        tokens=words.tokens(clip, context_tokens=settings.context_tokens),
        context=context,
        description_position=settings.description_position,
        counts=words.counts,
        combine=words.combine,
    )


def _captions(clip: ClipBackbone, words: _Words, *, train_blocks: bool) -> CaptionSide:
    return CaptionSide(
        model=clip.model,
        class_tokens=words.tokens(clip),
        counts=words.counts,
        combine=words.combine,
        train_blocks=train_blocks,
    )


def _temporal(
    clip: ClipBackbone,
    settings: DferClipSettings | EmoClipSettings | LinearSettings,
    *,
    max_frames: int,
    seed: int,
) -> Temporal:
    """The frames' mean without layers: the published module would give the same output for every clip."""
    if not settings.temporal_layers:
        return frame_mean
    with seeded(seed, part="temporal"):
        return TemporalTransformer(
            width=clip.embed_width,
            max_frames=max_frames,
            layers=settings.temporal_layers,
            heads=settings.temporal_heads,
            head_width=settings.temporal_head_width,
            mlp_width=settings.temporal_mlp,
        )


def parameter_groups(recogniser: VideoRecogniser, settings: TrainedSettings) -> list[dict[str, Any]]:
    """The trainable parameters for an optimiser, a group per part and learning rate, empty groups left out.

    Each group has a `name` ("temporal", "visual", "context", "meta", "text", "head"), its momentum (SGD) and
    weight decay: both papers decay everything, norms, positions and context included.
    """
    momentum = {"momentum": settings.momentum} if settings.optimizer == "sgd" else {}
    groups: dict[str, list[nn.Parameter]] = {}
    for name, parameter in recogniser.named_parameters():
        if parameter.requires_grad:
            groups.setdefault(_part(name), []).append(parameter)
    return [
        {
            "name": part,
            "params": groups[part],
            "lr": getattr(settings, f"{part}_learning_rate"),
            "weight_decay": settings.weight_decay,
            **momentum,
        }
        for part in ("temporal", "visual", "context", "meta", "text", "head")
        if part in groups
    ]


def _part(name: str) -> str:
    """The part of the recogniser that a parameter belongs to, by its name."""
    first, _, rest = name.partition(".")
    if first != "text_side":
        return first
    if rest.split(".")[-1] == "context":
        return "context"
    return "meta" if rest.startswith("meta.") else "text"
