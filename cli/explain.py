"""`dfer cache explain`: which field of the key made a miss."""

from typing import TYPE_CHECKING

from . import output
from .asking_options import (
    Api,
    BaseUrl,
    Classes,
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
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """Given the options of `describe`: which answers are in the cache, and what the others differ in."""
    from description_store.answers import find_answers
    from description_store.cache import identities
    from description_store.database import open_store
    from dfer.describe.asking.explaining import nearest_stored

    questions = plan(
        classes=classes,
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
    with open_store(db, must_exist=True) as store:
        found = find_answers(store, [question.request.key for question in questions.all])
        stored = identities(store)
    # What another class has already found is no near miss of this one.
    taken = {answer.key for answer in found.values()}
    others = [identity for key, (identity, _) in stored.items() if key not in taken]
    explained: list[tuple[str, str, str, tuple[FieldDifference, ...]]] = []
    for question in questions.all:
        key = question.request.key
        differing: tuple[FieldDifference, ...] = ()
        status = "hit"
        if key not in found and key in stored:
            status = f"not served: {stored[key][1]}"
        elif key not in found:
            status = "miss"
            differing = nearest_stored(question.request.identity, others) or ()
        explained.append((question.label, key, status, differing))
    if json:
        output.print_json(
            {
                "questions": [
                    {
                        "label": label,
                        "key": key,
                        "status": status,
                        "differs_in": [
                            {"field": d.field, "asked": d.asked, "stored": d.stored} for d in differing
                        ],
                    }
                    for label, key, status, differing in explained
                ]
            }
        )
        return
    groups: dict[tuple[str, str], list[str]] = {}
    for label, _, status, differing in explained:
        told = "\n".join(_difference(d) for d in differing)
        if status == "miss" and not differing:
            told = "(nothing like it was asked yet)"
        groups.setdefault((status, told), []).append(label)
    output.print_table(
        ["cache", "questions", "differing from the nearest stored one in"],
        [[status, _listed(labels), differing] for (status, differing), labels in groups.items()],
    )
    hits = sum(status == "hit" for _, _, status, _ in explained)
    output.note(f"{hits} of {len(explained)} are in the cache")


def _difference(difference: "FieldDifference") -> str:
    if difference.field == "messages":
        asked, stored = parting([value[-1]["content"] for value in (difference.asked, difference.stored)])
        return f"the question: {asked!r}, stored {stored!r}"
    return f"{difference.field}: {difference.asked}, stored {difference.stored}"


def _listed(labels: list[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"
