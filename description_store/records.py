"""The records that the store keeps. All are immutable: a change is a new record."""

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from description_store.hashing import canonical_json, tagged_hash

SetKind = Literal["llm", "builtin", "control", "edit", "import"]
Form = Literal["list", "sentence", "each"]
Combine = Literal["joined", "mean_embedding", "mean_score", "max_score", "mean_raw"]
Compounds = Literal["average", "concatenate"]
Verdict = Literal[
    "clean", "refused", "content_filter", "length", "empty", "unfinished", "garbled", "duplicate"
]


class Record(BaseModel):
    # Built when first used: a command uses few of these, and building all took 20 ms of its start.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


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

    Where CLIP reads several texts of a class, `text` holds them one per line. `tokens` counts what CLIP sees
    of the text, of the longest if there are several, without start, end and context tokens.
    """

    class_name: str
    descriptors: tuple[str, ...]
    text: str
    tokens: int
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parse_ids: tuple[int, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(self.text.split("\n"))


class Rendering(Record):
    """How descriptors become the text or texts that CLIP reads, and how several texts make one class score.

    `form`: one comma "list" (DFER-CLIP), one "sentence" (EmoCLIP), or "each" descriptor a text of its own
    (Menon & Vondrick). `prefix` and `suffix` stand around each text; `{class}` in them is the class as people
    read it. `combine`: "joined" means one text; else the mean of normalised embeddings, normalised again
    ("mean_embedding"), the mean or the maximum of the texts' scores, or the mean of the embeddings as they
    are ("mean_raw", EmoCLIP's compounds). `compounds`: the classes with components take their text from
    those, as separate texts ("average") or one after the other ("concatenate"), as EmoCLIP §III-C compares;
    None: they have words of their own.
    """

    form: Form = "list"
    prefix: str = ""
    suffix: str = "."
    combine: Combine = "joined"
    compounds: Compounds | None = None


COMMA_LIST = Rendering()


class Provenance(Record):
    """Where a set's words come from. Part of its hash: the same words by another author are another set.

    `model` and `params` are what was asked for; `resolved_models` and `sent` say otherwise where the server
    used other models, or had to be asked otherwise. `truncated` and `shortened` name the classes whose answer
    was cut or whose text was shortened by asking. `pooling` says how samples were merged where that was
    another way than the first. `change` says what made a child of its parent, by hand where it is {"edit"}.
    `imported` names the file of an import by name, SHA-256 and format. What is None is no part of the hash.
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
    pooling: str | None = None
    truncated: tuple[str, ...] | None = None
    shortened: tuple[str, ...] | None = None
    shorten_prompt_hash: str | None = None
    parser_version: str | None = None
    parent_hash: str | None = None
    control: str | None = None
    seed: int | None = None
    change: dict[str, Any] | None = None
    imported: dict[str, str] | None = None


class DescriptionSet(Record):
    """Descriptions for a whole class set, in its order. `version` 0 means: not saved yet.

    `note` was saved with the set and never changes; `notes` and `tags` came later.
    """

    version: int = 0
    class_set: str
    class_set_hash: str
    descriptions: tuple[Description, ...]
    provenance: Provenance
    rendering: Rendering = COMMA_LIST
    context_tokens: int
    note: str = ""
    dfer_version: str = ""
    created_at: str = ""
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

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
        """Identity: class set, words in order, rendering, provenance. Not: version, notes, dates, budget,
        warnings. The comma list of the first sets is no part of it, so that theirs stay what they were."""
        identity = {
            "class_set": self.class_set,
            "class_set_hash": self.class_set_hash,
            "descriptions": [[d.class_name, list(d.descriptors), d.text] for d in self.descriptions],
            "provenance": self.provenance.model_dump(mode="json", exclude_none=True),
        }
        if self.rendering != COMMA_LIST:
            identity["rendering"] = self.rendering.model_dump(mode="json")
        return tagged_hash("ds1", identity)


class Prediction(Record):
    """What a run said of one test clip: `scores` are its logits in the run's class order."""

    clip: str
    label: str
    predicted: str
    scores: tuple[float, ...]


class Outcome(NamedTuple):
    """A prediction without its scores."""

    clip: str
    label: str
    predicted: str


class Run(Record):
    """One (description set, recipe, dataset, fold, seed, configuration), finished, failed or imported.

    `specification` holds everything that decided the numbers, the full texts included, so that a run can be
    read without its set. `uar`, `war` and recalls are fractions; a class without test clips has recall None.
    `confusion[i][j]` counts clips of class i that were taken for class j. `metrics` holds further numbers by
    name, as fractions: "macro_f1", "auc" (None where all clips are of one class), "calibration_error"; runs
    of earlier versions have none. An imported run has the weights of a published checkpoint, no numbers.
    """

    id: int = 0
    status: Literal["finished", "failed", "imported"]
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
    metrics: dict[str, float | None] = {}
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


class Cell(Record):
    """One run of an experiment, made or not. `varied` are the settings in which cells of a recipe differ."""

    spec_hash: str
    set_version: int
    recipe: str
    fold: int
    seed: int
    varied: dict[str, Any] = {}

    @property
    def name(self) -> str:
        varied = "".join(f" {setting}={_plain(value)}" for setting, value in self.varied.items())
        return f"v{self.set_version} {self.recipe}{varied} fold {self.fold} seed {self.seed}"


class Experiment(Record):
    """A named grid of runs: what was said of it, and the cells that this came to."""

    id: int = 0
    name: str
    grid: dict[str, Any]
    cells: tuple[Cell, ...]
    created_at: str = ""


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)
