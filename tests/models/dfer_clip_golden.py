"""A golden file of DFER-CLIP, rebuilt from what the file says about itself: no size is known beforehand."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dfer.models.clip_backbone import ClipBackbone, clip_from_config
from dfer.models.published_names import load_published_temporal
from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import DferClipSettings
from dfer.models.temporal import TemporalTransformer


@dataclass(frozen=True, kw_only=True)
class Golden:
    recogniser: VideoRecogniser
    settings: DferClipSettings
    pixels: Tensor
    labels: Tensor
    token_ids: Tensor
    texts: list[str]
    context_length: int
    steps: int
    expected: dict[str, Tensor]


def load_golden(path: Path) -> Golden:
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    config = json.loads(str(arrays["config"]))
    rates = config["sgd"]["lr"]
    settings = DferClipSettings(
        **{name: config[name] for name in DferClipSettings.model_fields if name in config},
        temporal_learning_rate=rates["temporal"],
        visual_learning_rate=rates["visual"],
        context_learning_rate=rates["context"],
        momentum=config["sgd"]["momentum"],
        weight_decay=config["sgd"]["weight_decay"],
    )
    recogniser = build_recogniser(
        clip=golden_clip(config["clip"], below("clip/", arrays)),
        texts=config["texts"],
        settings=settings,
        seed=0,
    )
    temporal = load_published_temporal(below("temporal/", arrays))
    if temporal and not isinstance(recogniser.temporal, TemporalTransformer):
        # The published module without layers still answers with its class token.
        recogniser.temporal = TemporalTransformer(
            width=config["clip"]["embed_dim"],
            max_frames=config["frames"],
            layers=0,
            heads=config["temporal_heads"],
            head_width=config["temporal_head_width"],
            mlp_width=config["temporal_mlp"],
        )
    visual = {n: t for n, t in recogniser.trainable_state().items() if n.startswith("visual.")}
    context = (
        {"text_side.context": torch.from_numpy(arrays["ctx"]).float()} if settings.context_tokens else {}
    )
    recogniser.load_trainable_state(
        {**visual, **{f"temporal.{n}": t for n, t in temporal.items()}, **context}
    )
    return Golden(
        recogniser=recogniser,
        settings=settings,
        pixels=torch.from_numpy(arrays["clips_uint8"]).float() / 255,
        labels=torch.from_numpy(arrays["labels"]),
        token_ids=torch.from_numpy(arrays["token_ids"]),
        texts=config["texts"],
        context_length=config["clip"]["text"]["context_length"],
        steps=config["steps"],
        expected=below("expected/", arrays, as_stored=True),
    )


def golden_clip(config: dict[str, Any], weights: dict[str, Tensor]) -> ClipBackbone:
    vision = dict(config["vision"])
    vision["head_width"] = vision["width"] // vision.pop("heads")
    clip = clip_from_config(
        {
            "embed_dim": config["embed_dim"],
            "quick_gelu": config["quick_gelu"],
            "vision_cfg": vision,
            "text_cfg": config["text"],
        },
        seed=0,
        identity={"architecture": "golden"},
    )
    table = torch.zeros(config["text"]["vocab_size"], config["text"]["width"])
    table[weights.pop("token_embedding_ids").long()] = weights.pop("token_embedding_rows")
    clip.model.load_state_dict({**weights, "token_embedding.weight": table})
    return clip


def below(prefix: str, arrays: dict[str, np.ndarray], *, as_stored: bool = False) -> dict[str, Tensor]:
    tensors = {n.removeprefix(prefix): torch.from_numpy(a) for n, a in arrays.items() if n.startswith(prefix)}
    return tensors if as_stored else {name: tensor.float() for name, tensor in tensors.items()}
