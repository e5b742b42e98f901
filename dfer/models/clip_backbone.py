"""The CLIP that everything stands on: any open_clip architecture, its weights, and what they were."""

import difflib
import hashlib
import json
import logging
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
from open_clip.convert import convert_state_dict
from open_clip.model import convert_to_custom_text_state_dict
from torch import nn

from dfer.errors import ConfigurationError, UsageError
from dfer.models.image_tower import ImageTower, is_published_layout
from dfer.models.seeding import seeded
from dfer.models.state_difference import SHOWN, state_difference
from dfer.models.tiny_clip.packed import CONFIGURATION, SHIPPED, is_packed, unpacked
from dfer.models.weights_file import file_sha256, first_line, read_weights

TINY: dict[str, Any] = {
    "embed_dim": 256,
    "vision_cfg": {"image_size": 64, "patch_size": 64, "width": 256, "layers": 2, "head_width": 64},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 128, "heads": 2, "layers": 2},
}
"""A CLIP that two CPU cores can train in a minute, in open_clip's own configuration format.

A frame is one patch: the class token of an untrained tower sees many patches as little more than their mean,
and what a face shows is lost in it. Vocabulary and length of texts are the real ones, so token counts and
budgets are those of any other CLIP."""

_OWN: dict[str, dict[str, Any]] = {"tiny": TINY, "dfer-tiny": CONFIGURATION}
_SHIPPED = ("dfer-tiny", "shipped")
"""The architecture and the tag of the weights that come with the package."""

_log = logging.getLogger("dfer.models")

WEIGHT_SUFFIXES = {".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".npz"}


@dataclass(frozen=True, kw_only=True)
class ClipBackbone:
    """A CLIP in float32 on the CPU, its measures, and what it is.

    A recogniser built from it takes its towers over and trains them in place: load again for another one.
    """

    model: nn.Module
    """open_clip's `CLIP` or `CustomTextCLIP`."""
    image_size: int
    """Height and width of a frame, in pixels."""
    embed_width: int
    """Width of the space that images and texts share."""
    text_width: int
    """Width of a token's vector: what a learnable context is made of."""
    context_length: int
    """Tokens in a text, start and end token included."""
    pixel_mean: tuple[float, float, float]
    pixel_std: tuple[float, float, float]
    identity: dict[str, str | int | bool | None]
    """Architecture, origin and SHA-256 of the weights, activation: what a run records about its backbone."""


def load_clip(*, architecture: str, pretrained: str | None, seed: int = 0) -> ClipBackbone:
    """Build `architecture` and give it the weights `pretrained`: an open_clip tag, a local file, or None.

    Beside open_clip's there are `tiny`, which has no weights, and `dfer-tiny`, whose tag is `shipped`.

    None means random weights drawn from `seed`, which leave the global generator alone. A tag brings its
    own activation (`openai` weights were trained with QuickGELU); a local file cannot, so for OpenAI's and
    FaRL's weights name an architecture such as `ViT-B-32-quickgelu`. Files are read as tensors only and must
    fit the architecture exactly; whole parts that are not CLIP's are left out with a warning.

    Raises UsageError for an unknown architecture or tag; ConfigurationError for weights that cannot be
    fetched, read or fitted.
    """
    architecture = architecture.replace("/", "-")  # OpenAI writes ViT-B/32
    config = _OWN.get(architecture) or _architecture(architecture)
    tag = open_clip.get_pretrained_cfg(architecture, pretrained) if pretrained else {}
    path = None if pretrained is None else _weights_path(architecture, pretrained, tag)
    if pretrained is None and architecture != "tiny":
        warnings.warn(f"{architecture} without pretrained weights: they are random", stacklevel=2)

    quick_gelu = bool(config.get("quick_gelu") or tag.get("quick_gelu"))
    identity: dict[str, str | int | bool | None] = {"architecture": architecture, "quick_gelu": quick_gelu}
    if path is None:
        # No file to tell random weights by, so they are told by what they were drawn for.
        drawn_for = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
        identity |= {"pretrained": "random", "seed": seed, "sha256": drawn_for}
    else:
        identity |= {
            "pretrained": pretrained if tag or path == SHIPPED else path.name,
            "seed": None,
            "sha256": file_sha256(path),
        }
    clip = clip_from_config(
        {**config, "quick_gelu": quick_gelu}, seed=seed, identity=identity, preprocess=tag
    )
    if path is not None:
        _fit(clip.model, path, architecture)
    return clip


def clip_from_config(
    config: Mapping[str, Any],
    *,
    seed: int,
    identity: dict[str, str | int | bool | None],
    preprocess: Mapping[str, Any] | None = None,
) -> ClipBackbone:
    """A CLIP with random weights from a configuration in open_clip's format (`embed_dim`, `vision_cfg`, …).

    open_clip's `create_model` does the same, but writes to the root logger, silently resizes position tables
    that do not fit, and takes registered configurations only.
    Raises UsageError for captioning models, ConfigurationError if open_clip cannot build the model.
    """
    arguments = dict(config)
    if "multimodal_cfg" in arguments:
        raise UsageError(f"{identity['architecture']} is a captioning model; only CLIP models are supported")
    custom_text = arguments.pop("custom_text", False)
    text = dict(arguments["text_cfg"])
    if "hf_model_name" in text:
        text["hf_model_pretrained"] = False  # otherwise building the model would download its text tower
        custom_text = True
    arguments["text_cfg"] = text
    build = open_clip.CustomTextCLIP if custom_text else open_clip.CLIP
    try:
        with seeded(seed, part="clip"):
            model: nn.Module = build(**arguments)
    except Exception as error:  # whatever a third-party tower needs: a package, a file, the network
        raise ConfigurationError(
            f"open_clip cannot build {identity['architecture']}: {first_line(error)}"
        ) from error

    if is_published_layout(model.visual):
        model.visual = ImageTower(visual=model.visual)
    size: int | tuple[int, int] = model.visual.image_size  # type: ignore[assignment, union-attr]
    height, width = (size, size) if isinstance(size, int) else size
    if height != width:
        raise UsageError(
            f"{identity['architecture']} wants frames of {height}×{width}; only squares are supported"
        )
    preprocess = preprocess or {}
    return ClipBackbone(
        model=model.float().eval(),
        image_size=height,
        embed_width=arguments["embed_dim"],
        text_width=text.get("width", 512),
        context_length=text.get("context_length", 77),
        pixel_mean=tuple(preprocess.get("mean", open_clip.OPENAI_DATASET_MEAN)),
        pixel_std=tuple(preprocess.get("std", open_clip.OPENAI_DATASET_STD)),
        identity=identity,
    )


def _architecture(name: str) -> dict[str, Any]:
    known = {**{own: own for own in _OWN}, **{known.lower(): known for known in open_clip.list_models()}}
    # Schemas such as `hf-hub:` would let open_clip fetch a configuration; names are looked up here only.
    if name not in known.values():
        near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5) or ["dfer-tiny", "vit-b-32"]
        raise UsageError(
            f"no architecture {name!r}; did you mean {', '.join(known[match] for match in near)}?",
            hint="`python -c 'import open_clip; print(open_clip.list_models())'` lists them all.",
        )
    config: dict[str, Any] = open_clip.get_model_config(name)
    return config


def _weights_path(architecture: str, pretrained: str, tag: Mapping[str, Any]) -> Path:
    if tag:
        return _download(architecture, pretrained, tag)
    if (architecture, pretrained) == _SHIPPED:
        return SHIPPED
    path = Path(pretrained).expanduser()
    if path.exists():
        return path
    if os.sep in pretrained or path.suffix in WEIGHT_SUFFIXES:
        raise ConfigurationError(f"{path}: no such file of weights")
    tags = [tag for own, tag in [_SHIPPED] if own == architecture]
    tags += open_clip.list_pretrained_tags_by_model(architecture)
    offer = f"its tags are {', '.join(tags)}" if tags else "it has no tags"
    raise UsageError(
        f"no weights {pretrained!r} for {architecture}; {offer}",
        hint="Name a tag or a local file of weights.",
    )


def _download(architecture: str, pretrained: str, tag: Mapping[str, Any]) -> Path:
    source = tag.get("hf_hub") or tag.get("url")
    try:
        return Path(open_clip.download_pretrained(tag))
    except Exception as error:  # the hub's client has its own errors for every way a network can fail
        raise ConfigurationError(
            f"cannot fetch the weights {pretrained!r} of {architecture} from {source} ({first_line(error)})",
            hint=f"Fetch {source} on a machine with network and name the file in place of the tag"
            + (", with a -quickgelu architecture." if tag.get("quick_gelu") else "."),
        ) from error


def _fit(model: nn.Module, path: Path, architecture: str) -> None:
    state = read_weights(path)
    if is_packed(state):
        state = unpacked(state)
    try:
        state = convert_state_dict(model, state)
        if isinstance(model, open_clip.CustomTextCLIP):
            state = convert_to_custom_text_state_dict(state)
    except Exception as error:  # names promise another project's format, the tensors do not keep it
        raise ConfigurationError(f"{path}: not weights of {architecture} ({first_line(error)})") from error
    expected = model.state_dict()
    scale = state.get("logit_scale")
    if scale is not None and scale.numel() == 1:  # a number in some files, a vector of one in others
        state["logit_scale"] = scale.reshape(expected["logit_scale"].shape)
    # FaRL's files hold more than CLIP. Within CLIP's own parts nothing may be too many.
    parts = {name.partition(".")[0] for name in expected}
    beside = [name for name in state if name.partition(".")[0] not in parts]
    own = {name: tensor for name, tensor in state.items() if name not in beside}
    if difference := state_difference(expected=expected, found=own):
        raise ConfigurationError(f"{path}: not weights of {architecture} ({difference})")
    if beside:
        some = ", ".join(beside[:SHOWN]) + (" …" if len(beside) > SHOWN else "")
        _log.warning("%s: %d tensors that are not CLIP's are left out: %s", path, len(beside), some)
    model.load_state_dict(own)
