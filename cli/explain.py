"""`dfer cache explain`: which field of the key made a miss."""

from typing import TYPE_CHECKING, Any

from . import output
from .asking_options import (
    AcceptTruncated,
    Api,
    BaseUrl,
    Classes,
    DropUnsupported,
    EndpointName,
    KeyEnv,
    MaxOutputTokens,
    Model,
    Param,
    Prompt,
    Provider,
    ReasoningEffort,
    Samples,
    Seed,
    Temperature,
    plan,
)
from .options import DEFAULT_DB, Db, Json
from .parting import parting

if TYPE_CHECKING:
    from dfer.describe.asking.explaining import FieldDifference
    from dfer.describe.cache_misses import Explained


def explain(
    classes: Classes,
    model: Model,
    prompt: Prompt = "dfer-clip",
    provider: Provider = None,
    base_url: BaseUrl = None,
    key_env: KeyEnv = None,
    endpoint_name: EndpointName = None,
    api: Api = "auto",
    temperature: Temperature = None,
    seed: Seed = None,
    max_output_tokens: MaxOutputTokens = None,
    reasoning_effort: ReasoningEffort = None,
    param: Param = None,
    samples: Samples = 1,
    accept_truncated: AcceptTruncated = False,
    drop_unsupported: DropUnsupported = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """Given the options of `describe`: which answers are in the cache, and what the others differ in."""
    from description_store.answers import Serving
    from description_store.database import open_store
    from dfer.class_sets import load_class_set
    from dfer.describe.cache_misses import explain_cache

    questions = plan(
        class_set=load_class_set(classes),
        model=model,
        prompt=prompt,
        provider=provider,
        base_url=base_url,
        key_env=key_env,
        endpoint_name=endpoint_name,
        api=api,
        temperature=temperature,
        seed=seed,
        max_output_tokens=max_output_tokens,
        reasoning_effort=reasoning_effort,
        param=param,
        samples=samples,
        db=db,
    )
    serving = Serving(without_dropped=drop_unsupported, truncated=accept_truncated, other_api=api == "auto")
    with open_store(db, must_exist=True) as store:
        explained = explain_cache(store, questions, serving=serving)
    if json:
        output.print_json({"questions": [_as_json(row) for row in explained]})
        return
    groups: dict[tuple[str, str], list[str]] = {}
    for row in explained:
        groups.setdefault((row.status, _why(row)), []).append(row.label)
    output.print_table(
        ["cache", "questions", "why"],
        [[status, _listed(labels), why] for (status, why), labels in groups.items()],
    )
    hits = sum(row.status == "hit" for row in explained)
    output.note(f"{hits} of {len(explained)} are in the cache")


def _as_json(row: "Explained") -> dict[str, Any]:
    return {
        "label": row.label,
        "key": row.key,
        "status": row.status,
        "reason": row.reason,
        "differs_in": [
            {"field": difference.field, "asked": difference.asked, "stored": difference.stored}
            for difference in row.differing
        ],
    }


def _why(row: "Explained") -> str:
    if row.status == "miss" and not row.differing:
        return "nothing like it was asked yet"
    return row.reason or "\n".join(_difference(difference) for difference in row.differing)


def _difference(difference: "FieldDifference") -> str:
    if difference.field == "messages":
        asked, stored = parting([value[-1]["content"] for value in (difference.asked, difference.stored)])
        return f"the question: {asked!r}, stored {stored!r}"
    return f"{difference.field}: {difference.asked}, stored {difference.stored}"


def _listed(labels: list[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"
