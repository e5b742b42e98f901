"""The names under which DFER-CLIP and EmoCLIP publish their weights, and ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dfer.errors import ContentError

WHOLE = {"cls_token": "cls", "pos_embedding": "positions"}

IN_LAYER = {
    "0.fn.norm": "attention_norm",
    "0.fn.fn.to_qkv": "attention.qkv",
    "0.fn.fn.to_out.0": "attention.out",
    "1.fn.norm": "mlp_norm",
    "1.fn.fn.net.0": "mlp.0",
    "1.fn.fn.net.3": "mlp.2",  # a dropout of 0 stood between, which we leave out
}

PUBLISHED = re.compile(r"temporal_transformer\.layers\.(\d+)\.(.+)\.(weight|bias)")


@dataclass(frozen=True, kw_only=True)
class PublishedWeights:
    """A published checkpoint taken apart, in float32.

    `trained`: what a recogniser of ours loads (`VideoRecogniser.load_trainable_state`). `clip`: the CLIP that
    travels in the file, in OpenAI's names. `context`: DFER-CLIP's, (classes, tokens, width) or (tokens,
    width). `suffix`: DFER-CLIP's descriptions as token vectors, (classes, 77 - 1 - tokens, width).
    """

    trained: dict[str, Tensor]
    clip: dict[str, Tensor]
    context: Tensor | None = None
    suffix: Tensor | None = None


def split_dfer_clip(state: Mapping[str, Tensor]) -> PublishedWeights:
    """DFER-CLIP's `state_dict`, without the prefix `module.`.

    The image tower is there twice, as `image_encoder` and in `clip_model_`; the text tower too, as
    `text_encoder`, and what is read is the one in `clip_model_`. Raises ContentError, in one line, for a file
    that lacks a part, has one of another system, or whose two text towers differ.
    """
    _only(state, ("prompt_learner.", "text_encoder.", "image_encoder.", "temporal_net.", "clip_model_."))
    visual, clip = _below("image_encoder.", state), _below("clip_model_.", state)
    temporal = load_published_temporal(_below("temporal_net.", state))
    prompts = _below("prompt_learner.", state)
    _no_part_missing(
        {"image_encoder": visual, "clip_model_": clip, "temporal_net": temporal, "prompt_learner": prompts}
    )
    if not {"ctx", "token_suffix"} <= prompts.keys():
        raise ContentError("a DFER-CLIP checkpoint has prompt_learner.ctx and prompt_learner.token_suffix")
    _same_text_tower(_below("text_encoder.", state), clip)
    context, suffix = prompts["ctx"], prompts["token_suffix"]
    if context.ndim not in (2, 3) or suffix.ndim != 3 or suffix.shape[-1] != context.shape[-1]:
        raise ContentError(
            f"prompt_learner.ctx is {tuple(context.shape)}, token_suffix {tuple(suffix.shape)}; expected "
            "([classes,] tokens, width) and (classes, length, width)"
        )
    trained = {
        **{f"visual.{name}": tensor for name, tensor in visual.items()},
        **{f"temporal.{name}": tensor for name, tensor in temporal.items()},
        "text_side.context": context,
    }
    return PublishedWeights(trained=trained, clip=clip, context=context, suffix=suffix)


def split_emoclip(state: Mapping[str, Tensor]) -> PublishedWeights:
    """EmoCLIP's state dict, without the prefix `module.`; its CLIP is published in half precision.

    Raises ContentError, in one line, for a file that lacks a part or has one of another system.
    """
    _only(state, ("backbone.", "temporal.", "logit_scale"))
    clip = _below("backbone.", state)
    temporal = load_published_temporal(_below("temporal.", state))
    scale = state.get("logit_scale", torch.empty(0))
    _no_part_missing({"backbone": clip, "temporal": temporal, "logit_scale": scale.shape == ()})
    trained = {
        **{f"temporal.{name}": tensor for name, tensor in temporal.items()},
        "head.logit_scale": scale.float(),
    }
    return PublishedWeights(trained=trained, clip=clip)


def load_published_temporal(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The published temporal weights under our names, for `TemporalTransformer.load_state_dict`.

    `state` is the part of a checkpoint below `module.temporal_net.` (DFER-CLIP) or `module.temporal.`
    (EmoCLIP), without that prefix. Raises ContentError for a name that neither system has.
    """
    return {_our_name(name): tensor for name, tensor in state.items()}


def _our_name(name: str) -> str:
    if name in WHOLE:
        return WHOLE[name]
    match = PUBLISHED.fullmatch(name)
    if match is None or match[2] not in IN_LAYER:
        raise ContentError(f"{name[:80]!r} is not a name in a published temporal model")
    return f"layers.{match[1]}.{IN_LAYER[match[2]]}.{match[3]}"


def _below(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """float32 as it is, without a copy; whole numbers, as a batch norm counts, stay whole."""
    return {
        name.removeprefix(prefix): tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in state.items()
        if name.startswith(prefix)
    }


def _only(state: Mapping[str, Tensor], parts: tuple[str, ...]) -> None:
    if strange := [name for name in state if not name.startswith(parts)]:
        raise ContentError(
            f"it holds {strange[0][:80]!r}, which is no part of such a checkpoint",
            hint=f"expected: {', '.join(part.rstrip('.') for part in parts)}",
        )


def _same_text_tower(encoder: Mapping[str, Tensor], clip: Mapping[str, Tensor]) -> None:
    for name, tensor in encoder.items():
        if name not in clip:
            raise ContentError(f"it holds text_encoder.{name[:80]}, but no clip_model_.{name[:80]}")
        if not torch.equal(tensor, clip[name]):
            raise ContentError(
                f"its text tower was trained or replaced: text_encoder.{name[:80]} is not clip_model_'s",
                hint="in dfer's recipe dfer-clip the text tower is CLIP's own, frozen",
            )


def _no_part_missing(parts: Mapping[str, object]) -> None:
    if missing := [name for name, part in parts.items() if not part]:
        raise ContentError(f"it holds no {', no '.join(missing)}")
