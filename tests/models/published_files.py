"""Checkpoints in the layout that DFER-CLIP and EmoCLIP publish, made of whatever weights a test has."""

import json
import sys
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dfer.models.clip_backbone import load_clip
from dfer.models.published_names import IN_LAYER, WHOLE
from dfer.models.seeding import seeded
from dfer.models.temporal import TemporalTransformer
from dfer.models.tokens import END, START, encode_descriptions
from dfer.training.class_order import DFER_CLIP_CLASSES

X = 343  # "x": what the published code writes where the context will stand

TEXTS = {
    "happiness": "smiling mouth, raised cheeks, wrinkled eyes.",
    "sadness": "tears, a downward turned mouth, and drooping upper eyelids.",
    "neutral": "relaxed facial muscles, a straight mouth, and a smooth forehead.",
    "anger": "furrowed eyebrows, narrow eyes, and tightened lips.",
    "surprise": "widened eyes, an open mouth, and raised eyebrows.",
    "disgust": "a wrinkled nose, lowered eyebrows, and a tightened mouth.",
    "fear": "raised eyebrows, parted lips, and eyes opened wide.",
    "contempt": "one side of the mouth raised, and one raised eyebrow.",
    "anxiety": "a tensed forehead, tightly pressed lips, and pupils dilated.",
    "helplessness": "pursed lips, hanging head, and raised inner eyebrows.",
    "disappointment": "a downturned mouth, lowered eyebrows, and eyes that look down.",
}
CONTEXT = 4
"""Of context, in the files of the tiny CLIP."""


class RecorderMeter:
    """DFER-CLIP's record of its training: a class of its main script, and so pickled as `__main__`'s."""

    __module__ = "__main__"

    def __init__(self, epochs: int) -> None:
        self.total_epoch = epochs
        self.current_epoch = 3
        self.epoch_losses = np.zeros((epochs, 2), dtype=np.float32)
        self.epoch_accuracy = np.ones((epochs, 2), dtype=np.float32)


def save_dfer_clip(path: Path, state: Mapping[str, Tensor], *, best: float = 71.25) -> Path:
    """As its `save_checkpoint` writes it. The class is in `__main__` while it is pickled, and then gone."""
    main = sys.modules["__main__"]
    main.RecorderMeter = RecorderMeter  # type: ignore[attr-defined]
    parameter = torch.nn.Parameter(torch.zeros(3))
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
    parameter.grad = torch.ones(3)
    optimizer.step()
    try:
        torch.save(
            {
                "epoch": 37,
                "state_dict": _with_metadata(state),
                "best_acc": torch.tensor([best]),
                "optimizer": optimizer.state_dict(),
                "recorder": RecorderMeter(50),
            },
            path,
        )
    finally:
        del main.RecorderMeter  # type: ignore[attr-defined]
    return path


def save_emoclip(path: Path, state: Mapping[str, Tensor]) -> Path:
    torch.save(_with_metadata(state), path)
    return path


def dfer_clip_state(
    *,
    clip: Mapping[str, Tensor],
    temporal: Mapping[str, Tensor],
    context: Tensor,
    texts: Sequence[str],
    description_tokens: Sequence[Sequence[int]] | None = None,
) -> dict[str, Tensor]:
    """`clip` in OpenAI's names, `temporal` in the published ones. Prefix and suffix share a storage, as both
    towers do with the whole CLIP. `description_tokens` stand in for those of the `texts`."""
    n = context.shape[-2]
    encoded = description_tokens or encode_descriptions(texts, context_length=77, context_tokens=n)
    rows = [[START, *[X] * n, *ids, END] for ids in encoded]
    ids = torch.tensor([row + [0] * (77 - len(row)) for row in rows])
    embedding = clip["token_embedding.weight"][ids]  # (classes, 77, width)
    parts = {
        "prompt_learner": {
            "ctx": context,
            "token_prefix": embedding[:, :1],
            "token_suffix": embedding[:, 1 + n :],
        },
        "text_encoder": {
            name: tensor
            for name, tensor in clip.items()
            if name.startswith(("transformer.", "ln_final.", "positional_embedding", "text_projection"))
        },
        "image_encoder": {
            name.removeprefix("visual."): tensor
            for name, tensor in clip.items()
            if name.startswith("visual.")
        },
        "temporal_net": temporal,
        "clip_model_": clip,
    }
    return {f"module.{part}.{name}": tensor for part, own in parts.items() for name, tensor in own.items()}


def emoclip_state(
    *, clip: Mapping[str, Tensor], temporal: Mapping[str, Tensor], scale: Tensor
) -> dict[str, Tensor]:
    return {
        **{f"module.backbone.{name}": tensor.half() for name, tensor in clip.items()},
        **{f"module.temporal.{name}": tensor for name, tensor in temporal.items()},
        "module.logit_scale": scale,
    }


def published_temporal(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our temporal weights under the published names."""
    whole = {ours: theirs for theirs, ours in WHOLE.items()}
    in_layer = {ours: theirs for theirs, ours in IN_LAYER.items()}
    published = {}
    for name, tensor in state.items():
        if name in whole:
            published[whole[name]] = tensor
        else:
            _, number, rest = name.split(".", 2)
            module, _, kind = rest.rpartition(".")
            published[f"temporal_transformer.layers.{number}.{in_layer[module]}.{kind}"] = tensor
    return published


def golden_weights(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, Tensor]]:
    """A golden file's configuration, its arrays, and its CLIP in OpenAI's names, the token table whole."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    config = json.loads(str(arrays["config"]))
    clip = golden_part("clip/", arrays)
    text = config["clip"]["text"]
    table = torch.zeros(text["vocab_size"], text["width"])
    table[clip.pop("token_embedding_ids").long()] = clip.pop("token_embedding_rows")
    return config, arrays, {**clip, "token_embedding.weight": table}


def golden_part(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): torch.from_numpy(array).float()
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def golden_clip_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """In open_clip's format."""
    vision = dict(config["vision"])
    vision["head_width"] = vision["width"] // vision.pop("heads")
    return {
        "embed_dim": config["embed_dim"],
        "quick_gelu": config["quick_gelu"],
        "vision_cfg": vision,
        "text_cfg": config["text"],
    }


def state_for(dataset: str) -> dict[str, Tensor]:
    """A DFER-CLIP for the data set, made of the tiny CLIP, with `TEXTS`."""
    classes = DFER_CLIP_CLASSES[dataset]
    return dfer_clip_state(
        clip=tiny_clip(),
        temporal=temporal(),
        context=torch.randn(len(classes), CONTEXT, 128, generator=torch.Generator().manual_seed(4)) * 0.02,
        texts=[TEXTS[name] for name in classes],
    )


def tiny_clip() -> dict[str, Tensor]:
    return load_clip(architecture="tiny", pretrained=None, seed=5).model.state_dict()


def temporal(*, positions: int = 17, layers: int = 1) -> dict[str, Tensor]:
    """Random, in the published names."""
    with seeded(2, part="temporal"):
        model = TemporalTransformer(
            width=256, max_frames=positions - 1, layers=layers, heads=8, head_width=4, mlp_width=32
        )
    return published_temporal(model.state_dict())


def _with_metadata(state: Mapping[str, Tensor]) -> OrderedDict[str, Tensor]:
    """`Module.state_dict()` gives a dictionary with an attribute, which pickle sets as its state."""
    ordered = OrderedDict(state)
    ordered._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]
    return ordered
