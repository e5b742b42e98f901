"""Where a set's words come from, as it is recorded with them."""

from collections.abc import Sequence
from typing import Any

from description_store.hashing import canonical_json
from description_store.records import Answer, Provenance
from dfer.describe.collected import Collected
from dfer.describe.parsing import PARSER_VERSION
from dfer.describe.planning import Questions
from dfer.describe.pooling import POOLING
from dfer.describe.templates import PromptTemplate
from dfer.describe.wording import was_cut


def provenance_of(
    questions: Questions,
    collected: Collected,
    keep: int | None,
    shortened: tuple[str, ...],
    shortened_by: PromptTemplate | None,
) -> Provenance:
    """Everything that decided the words, beside the words. What is as usual stays None: see `Provenance`."""
    answers = list(collected.answers.values())
    cut = [name for name, own in collected.by_class().items() if any(map(was_cut, own))]
    return Provenance(
        kind="builtin" if questions.endpoint is None else "llm",
        model=questions.model,
        resolved_models=_resolved_otherwise(questions, answers),
        endpoint=questions.endpoint.name if questions.endpoint else None,
        prompt=questions.template.name,
        prompt_hash=questions.template.hash,
        params=questions.all[0].request.identity["params"],
        sent=_sent_otherwise(collected),
        samples=questions.samples if questions.samples > 1 else None,
        keep=keep,
        pooling=POOLING if questions.samples > 1 else None,
        truncated=tuple(cut) or None,
        shortened=shortened or None,
        shorten_prompt_hash=shortened_by.hash if shortened_by else None,
        parser_version=PARSER_VERSION,
    )


def _resolved_otherwise(questions: Questions, answers: Sequence[Answer]) -> tuple[str, ...] | None:
    """The models that answered by their own account, where that is not the one that was asked for."""
    found = sorted({answer.resolved_model for answer in answers if answer.resolved_model})
    return tuple(found) if found not in ([], [questions.model]) else None


def _sent_otherwise(collected: Collected) -> tuple[dict[str, Any], ...] | None:
    """Api and parameters that answers were really got with, where a server made us ask otherwise."""
    sent: dict[str, dict[str, Any]] = {}
    for question in collected.questions:
        asked, answered = question.request.identity, collected.answers[question.label].identity
        really = {"api": answered["api"], "params": answered["params"]}
        if really != {"api": asked["api"], "params": asked["params"]}:
            sent[canonical_json(really)] = really
    return tuple(sent[text] for text in sorted(sent)) or None
