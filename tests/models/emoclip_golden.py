"""A golden file of EmoCLIP, rebuilt from what the file says about itself: no size is known beforehand."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from dfer_clip_golden import below, golden_clip
from torch import Tensor

from dfer.models.clip_backbone import ClipBackbone
from dfer.models.published_names import load_published_temporal
from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import EmoClipSettings


@dataclass(frozen=True, kw_only=True)
class Golden:
    recogniser: VideoRecogniser
    clip: ClipBackbone
    pixels: Tensor
    token_ids: Tensor
    texts: list[str]
    expected: dict[str, Tensor]


def load_golden(path: Path) -> Golden:
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    config = json.loads(str(arrays["config"]))
    temporal = load_published_temporal(below("temporal/", arrays))
    settings = EmoClipSettings(
        **{name: config[name] for name in EmoClipSettings.model_fields if name in config},
        temporal_positions=temporal["positions"].shape[1],
    )
    recogniser = build_recogniser(
        clip=golden_clip(config["clip"], below("clip/", arrays)), texts=config["texts"], settings=settings
    )
    started = recogniser.trainable_state()
    recogniser.load_trainable_state(
        {**started, **{f"temporal.{name}": tensor for name, tensor in temporal.items()}}
    )
    return Golden(
        recogniser=recogniser,
        clip=golden_clip(config["clip"], below("clip/", arrays)),
        pixels=torch.from_numpy(arrays["clips_uint8"]).float() / 255,
        token_ids=torch.from_numpy(arrays["token_ids"]),
        texts=config["texts"],
        expected=below("expected/", arrays, as_stored=True),
    )
