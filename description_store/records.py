"""The records that the store keeps. All are immutable: a change is a new record."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from description_store.hashing import tagged_hash

SetKind = Literal["llm", "builtin", "control", "edit", "import"]
Verdict = Literal[
    "clean", "refused", "content_filter", "length", "empty", "unfinished", "garbled", "duplicate"
]


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(Record):
    """One raw LLM completion, as it arrived. Only a `clean` one is ever served again.

    `identity` is what the cache key is made of (docs/cache-key.md). Token counts are None when the server
    did not say. `verdict` "duplicate" marks an answer that another process had already received.
    """

    id: int | None = None
    key: str
    generation: int = 0
    identity: dict[str, Any]
    text: str
    raw: str
    verdict: Verdict
    reason: str = ""
    finish_reason: str | None = None
    resolved_model: str | None = None
    system_fingerprint: str | None = None
    request_id: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    created_at: str = ""


class Attempt(Record):
    """One request that brought no answer, so that "why is this class missing?" can be answered later."""

    key: str
    model: str
    endpoint: str
    outcome: str
    http_status: int | None = None
    error_code: str | None = None
    message: str
    body: str | None = None
    seconds: float | None = None
    created_at: str = ""


class Parse(Record):
    """Descriptors read from an answer by one version of the parser."""

    id: int | None = None
    answer_id: int
    parser_version: str
    descriptors: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Description(Record):
    """One class's descriptors and the text compiled from them.

    `tokens` counts what CLIP sees of the text, without start, end and context tokens.
    """

    class_name: str
    descriptors: tuple[str, ...]
    text: str
    tokens: int
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parse_ids: tuple[int, ...] = ()


class Provenance(Record):
    """Where a set's words come from. Part of its hash: the same words by another author are another set.

    `model` and `params` are what was asked for; `resolved_models` and `sent` say otherwise where the server
    used other models, or had to be asked otherwise. `truncated` and `shortened` name the classes whose answer
    was cut or whose text was shortened by asking. What is None is no part of the hash.
    """

    kind: SetKind
    model: str | None = None
    resolved_models: tuple[str, ...] | None = None
    endpoint: str | None = None
    prompt: str | None = None
    prompt_hash: str | None = None
    params: dict[str, Any] = {}
    sent: tuple[dict[str, Any], ...] | None = None
    samples: int | None = None
    keep: int | None = None
    truncated: tuple[str, ...] | None = None
    shortened: tuple[str, ...] | None = None
    shorten_prompt_hash: str | None = None
    parser_version: str | None = None
    parent_hash: str | None = None
    control: str | None = None
    seed: int | None = None


class DescriptionSet(Record):
    """Descriptions for a whole class set, in its order. `version` 0 means: not saved yet."""

    version: int = 0
    class_set: str
    class_set_hash: str
    descriptions: tuple[Description, ...]
    provenance: Provenance
    context_tokens: int
    note: str = ""
    dfer_version: str = ""
    created_at: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"v{self.version}"

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(d.class_name for d in self.descriptions)

    @property
    def texts(self) -> dict[str, str]:
        return {d.class_name: d.text for d in self.descriptions}

    @property
    def hash(self) -> str:
        """Identity: class set, words in order, provenance. Not: version, note, dates, budget, warnings."""
        return tagged_hash(
            "ds1",
            {
                "class_set": self.class_set,
                "class_set_hash": self.class_set_hash,
                "descriptions": [[d.class_name, list(d.descriptors), d.text] for d in self.descriptions],
                "provenance": self.provenance.model_dump(mode="json", exclude_none=True),
            },
        )


class Prediction(Record):
    """What a run said of one test clip: `scores` are its logits in the run's class order."""

    clip: str
    label: str
    predicted: str
    scores: tuple[float, ...]


class Run(Record):
    """One (description set, recipe, dataset, fold, seed, configuration), finished or failed.

    `specification` holds everything that decided the numbers, the full texts included, so that a run can be
    read without its set. `uar`, `war` and recalls are fractions; a class without test clips has recall None.
    `confusion[i][j]` counts clips of class i that were taken for class j.
    """

    id: int = 0
    status: Literal["finished", "failed"]
    spec_hash: str
    protocol_hash: str
    set_version: int
    set_hash: str
    recipe: str
    dataset: str
    fold: int
    seed: int
    selection: str
    specification: dict[str, Any]
    uar: float | None = None
    war: float | None = None
    per_class: dict[str, float | None] = {}
    confusion: tuple[tuple[int, ...], ...] = ()
    history: tuple[dict[str, float | None], ...] = ()
    environment: dict[str, str] = {}
    folder: str | None = None
    error: str = ""
    seconds: float | None = None
    created_at: str = ""

    @property
    def name(self) -> str:
        return f"r{self.id}"
