"""Which features are the same, and where they are kept."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from description_store.hashing import tagged_hash
from dfer.clips.clip import Clip
from dfer.clips.dataset import READER
from dfer.clips.frame_index import cache_folder
from dfer.clips.readers.data_folder import BESIDE_A_PACK
from dfer.clips.resizing import Fit
from dfer.clips.source import FrameSource
from dfer.models.image_tower import TOWER
from dfer.models.settings import PixelNormalisation
from dfer.training.specification import Precision


class FeatureKey(BaseModel):
    """Everything that decides a frame's feature; features of one key stand in one folder.

    Not what is made of features: recipe, words, fold, seed, and how many frames are sampled and which.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    clip: dict[str, str | int | bool | None]
    """`ClipBackbone.identity`: architecture, weights, activation."""
    tower_weights: str | None = None
    """SHA-256 of the weights, where a checkpoint brought the tower its own."""
    pixel_normalisation: PixelNormalisation
    fit: Fit
    size: int
    """Height and width of a frame as the tower sees it, in pixels."""
    precision: Precision
    device: str
    """The kind: "cpu", "cuda". Another one rounds differently."""
    compiled: bool = False
    """Whether the tower was compiled, which rounds differently too."""
    frames: str
    """`state_of_frames` of all clips of the data set."""
    pack: dict[str, Any] | None = None
    """How the clips were packed, if they were."""
    reader: int = READER
    tower: int = TOWER

    @property
    def hash(self) -> str:
        """64 hexadecimal digits."""
        return tagged_hash("ff1", self.model_dump(mode="json")).partition(":")[2]


def state_of_frames(clips: Iterable[Clip], source: FrameSource) -> str:
    """ "fs1:" and the SHA-256 of all clips' ids and of the state of their frames.

    Not of labels, folds or captions: features have nothing to do with them. Not of bytes alone, as in a run's
    fingerprint, either: frames put into another order must not find the features of the old one.

    Raises:
        ContentError: a clip is missing or holds no frames.
    """
    states = {clip.id: source.state_of(clip) for clip in {clip.id: clip for clip in clips}.values()}
    return tagged_hash("fs1", states)


def feature_folder(key: FeatureKey, *, pack: Path | None = None) -> Path:
    """`<pack>.features/<key>`, so that features travel with their pack; else in the cache folder.

    Packs that lie where nobody may write, and have no features yet, get theirs in the cache folder too.
    """
    if pack is not None:
        beside = pack.with_name(pack.name + BESIDE_A_PACK)
        if beside.exists() or os.access(pack.parent, os.W_OK):
            return beside / key.hash
    return cache_folder() / "features" / key.hash
