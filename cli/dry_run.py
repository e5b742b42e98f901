"""`dfer describe --dry-run`: what would be asked and what it could cost. Nothing is sent or made."""

from pathlib import Path
from typing import TYPE_CHECKING

from . import output

if TYPE_CHECKING:
    from dfer.describe.collected import Manner
    from dfer.describe.planning import Questions
    from dfer.describe.prices import Prices


def cached_labels(db: Path, questions: "Questions", manner: "Manner") -> set[str]:
    """The labels of the questions that would be served from the store. No store is made."""
    from description_store.answers import find_answers
    from description_store.database import open_store

    if manner.refresh or not db.exists():
        return set()
    with open_store(db) as store:
        found = find_answers(store, [q.request.key for q in questions.all], manner.serving(questions.api))
    return {question.label for question in questions.all if question.request.key in found}


def print_plan(
    questions: "Questions",
    cached: set[str],
    output_limit: int | None,
    prices: "Prices | None",
    *,
    may_shorten: bool,
    json: bool,
) -> None:
    """`cached` holds labels; `output_limit` is per answer, None where none was given."""
    from dfer.describe.prices import input_token_bound

    to_ask = [question for question in questions.all if question.label not in cached]
    most_in = sum(input_token_bound(question.request.messages) for question in to_ask)
    most_out = output_limit * len(to_ask) if output_limit is not None else None
    cost = prices.cost(questions.model, most_in, most_out) if prices else None
    if json:
        output.print_json(
            {
                "dry_run": True,
                "class_set": questions.class_set.name,
                "model": questions.model,
                "prompt": questions.template.name,
                "endpoint": questions.endpoint.base_url if questions.endpoint else "builtin",
                "params": questions.params,
                "calls": {"cached": len(cached), "to_make": len(to_ask)},
                "at_most": {
                    "input_tokens": most_in,
                    "output_tokens": most_out,
                    "cost": None if cost is None else str(cost),
                    "currency": prices.currency if prices else None,
                },
                "classes": [
                    {
                        "class": question.class_name,
                        "sample": question.request.sample_index,
                        "cached": question.label in cached,
                        "key": question.request.key,
                        "question": question.text,
                    }
                    for question in questions.all
                ],
            }
        )
        return
    for question in questions.all:
        output.say(
            f"[{question.label}] {'cached' if question.label in cached else 'to ask'}\n{question.text}\n"
        )
    where = questions.endpoint.base_url if questions.endpoint else questions.model
    output.note(f"{len(cached)} cached · {len(to_ask)} to ask of {where} · nothing was asked")
    if to_ask and questions.endpoint:
        out = f"{most_out:,}" if most_out is not None else "unknown (no --max-output-tokens)"
        money = f" · cost at most {prices.describe(cost)}" if prices else ""
        output.note(f"at most {most_in:,} tokens in, {out} out{money}")
    if may_shorten:
        number = len(questions.class_set.names)
        output.note(f"beyond that up to {number} questions for fewer words (--on-overflow ask)")
