"""A run's specification: everything that decides its numbers, and nothing else."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from description_store.hashing import protocol_hash, run_hash
from description_store.records import Combine, DescriptionSet

Selection = Literal["last", "best-val", "best-test"]
Precision = Literal["fp32", "bf16"]


class RunSpecification(BaseModel):
    """`texts` are in the order of `classes`; unless `combine` is "joined", each line is a text of its own.
    `settings` are the recipe's, complete.

    `clip_settings` are those of reading clips that are not the default (`clips.settings`), `clip_reader` is
    the version of what draws, decodes and resizes them (`clips.dataset.READER`), `pack` how they were packed.

    `dataset` is a reader's name; `data_fingerprint` identifies the clips themselves. `trained_by` names the
    protocol and the set by whose words the evaluated weights were trained, `trained_on` the data set,
    `weights` is the SHA-256 of the weights themselves; all are None where the run trains its own, or none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: str
    set_hash: str
    classes: tuple[str, ...]
    texts: tuple[str, ...]
    combine: Combine = "joined"
    recipe: str
    settings: dict[str, Any]
    clip: dict[str, str | int | bool | None]
    dataset: str
    data_fingerprint: str
    fold: int
    seed: int
    selection: Selection
    augmentation: str
    clip_settings: dict[str, Any] = {}
    clip_reader: int = 1
    pack: dict[str, Any] | None = None
    precision: Precision
    trained_by: str | None = None
    trained_on: str | None = None
    weights: str | None = None

    @property
    def classes_and_texts(self) -> list[tuple[str, str]]:
        return list(zip(self.classes, self.texts, strict=True))

    @property
    def hash(self) -> str:
        return run_hash(self.model_dump(mode="json"))

    @property
    def protocol_hash(self) -> str:
        return protocol_hash(self.model_dump(mode="json"))


def words_of(description_set: DescriptionSet) -> dict[str, Any]:
    """The fields of a specification that a description set decides."""
    return {
        "set": description_set.name,
        "set_hash": description_set.hash,
        "classes": description_set.class_names,
        "texts": tuple(d.text for d in description_set.descriptions),
        "combine": description_set.rendering.combine,
    }
