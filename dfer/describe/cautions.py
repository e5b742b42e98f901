"""What a person should know of the answers that a set comes from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from description_store.records import Answer
from dfer.describe.asking.completion import beginning
from dfer.describe.asking.parameters import LIMIT_NAMES


def cautions(answers: Sequence[Answer]) -> Iterator[str]:
    """One sentence for each thing that is unusual."""
    yield from _mixed_models(answers)
    yield from _limit_ignored(answers)
    yield from _silent_ends(answers)


def _mixed_models(answers: Sequence[Answer]) -> tuple[str, ...]:
    """An undated model name may be another model tomorrow; the server says which one answered."""
    models = sorted({answer.resolved_model for answer in answers if answer.resolved_model})
    if len(models) < 2:
        return ()
    return (f"the answers come from several models: {', '.join(beginning(model) for model in models)}",)


def _limit_ignored(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Some servers take an output limit without a word and do not keep it."""
    over = [
        (answer.output_tokens, limit)
        for answer in answers
        for limit in (_limit_of(answer.identity["params"]),)
        if limit is not None and answer.output_tokens is not None and answer.output_tokens > limit
    ]
    if not over:
        return ()
    most, limit = max(over)
    return (f"the server ignored the output limit: {most} tokens where {limit} were allowed",)


def _limit_of(params: Mapping[str, Any]) -> int | None:
    return next((params[name] for name in LIMIT_NAMES if name in params), None)


def _silent_ends(answers: Sequence[Answer]) -> tuple[str, ...]:
    silent = [a for a in answers if a.finish_reason is None and a.identity["api"] != "builtin"]
    if not silent:
        return ()
    return (
        "the server does not say how its answers ended (no finish_reason): a cut answer would not be noticed",
    )
