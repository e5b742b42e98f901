"""`dfer cache`: the raw answers, why one was not found, and the one way to remove any."""

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import output
from .explain import explain
from .options import DEFAULT_DB, Db, Force, Json, Quiet, complete_set, typed
from .parting import parting

if TYPE_CHECKING:
    from description_store.cache import CachedAnswer

app = typer.Typer(no_args_is_help=True, help="The cache: every answer as it came, kept for ever.")
app.command()(explain)

VerdictName = Literal[
    "clean", "refused", "content_filter", "length", "empty", "unfinished", "garbled", "duplicate"
]
OfModel = Annotated[str | None, typer.Option("--model", help="Only answers of this model.")]
OfVerdict = Annotated[VerdictName | None, typer.Option("--verdict", help="Only answers judged so.")]
OfSet = Annotated[
    str | None,
    typer.Option("--set", help="Only the answers that this set comes from.", autocompletion=complete_set),
]
Unused = Annotated[bool, typer.Option("--unused", help="Only answers that no set comes from.")]


@app.command("list")
def list_answers(
    ctx: typer.Context,
    model: OfModel = None,
    verdict: OfVerdict = None,
    set_name: OfSet = None,
    unused: Unused = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """Answers in the order they arrived."""
    found = _find(ctx, db)
    if json:
        output.print_json({"answers": [_summary(cached) for cached in found]})
        return
    questions = parting([_question(cached) for cached in found])
    output.print_table(
        ["key", "question", "verdict", "model", "in", "out", "sets"],
        [
            [
                cached.answer.key[4:16],
                question,
                cached.answer.verdict + (f" #{cached.answer.generation}" if cached.answer.generation else ""),
                cached.answer.resolved_model or cached.answer.identity["model"],
                _count(cached.answer.input_tokens),
                _count(cached.answer.output_tokens),
                _sets(cached),
            ]
            for cached, question in zip(found, questions, strict=True)
        ],
        right=["in", "out"],
    )


@app.command()
def show(
    key: Annotated[str, typer.Argument(help="An answer's key (dk1:…), or its first digits.")],
    raw: Annotated[bool, typer.Option("--raw", help="The response bodies as they came.")] = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """One question: what was asked, every answer to it, and the requests that failed."""
    from description_store.cache import aliases_of, attempts_of, find_key, list_cached
    from description_store.database import open_to_look

    with open_to_look(db) as store:
        full_key = find_key(store, key)
        aliases = aliases_of(store, full_key)
        keys = list(dict.fromkeys([full_key, *(k for a in aliases for k in (a["asked_key"], a["key"]))]))
        found = [cached for one in keys for cached in list_cached(store, key=one)]
        attempts = attempts_of(store, keys)
    if json:
        output.print_json(
            {
                "key": full_key,
                "identity": found[0].answer.identity if found else None,
                "answers": [_whole(cached) for cached in found],
                "adapted": aliases,
                "attempts": [attempt.model_dump() for attempt in attempts],
            }
        )
        return
    output.say(full_key, bold=True)
    for alias in aliases:
        without = f", without {', '.join(alias['dropped'])}" if alias["dropped"] else ""
        output.say(f"{alias['asked_key']} was asked as {alias['key']}{without}")
    if found:
        _print_question(found[0])
    for cached in found:
        _print_answer(cached, raw=raw)
    for attempt in attempts:
        output.say(
            f"\nfailed {attempt.created_at[:19].replace('T', ' ')} UTC · {attempt.model} · {attempt.message}"
        )


@app.command()
def export(
    ctx: typer.Context,
    to: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
    model: OfModel = None,
    verdict: OfVerdict = None,
    set_name: OfSet = None,
    unused: Unused = False,
    force: Force = False,
    db: Db = DEFAULT_DB,
    quiet: Quiet = False,
) -> None:
    """Answers as JSON lines, with question, parameters and raw body: to publish beside a paper."""
    found = _find(ctx, db)
    lines = [
        jsonlib.dumps({"schema_version": output.SCHEMA_VERSION, **_whole(cached)}, ensure_ascii=True)
        for cached in found
    ]
    text = "".join(line + "\n" for line in lines)
    if to is None:
        sys.stdout.write(text)
    else:
        output.write_new(to, text, force=force)
    output.note(f"{output.count_of(len(found), 'answer')} exported{f' to {to}' if to else ''}", quiet=quiet)


@app.command()
def prune(
    ctx: typer.Context,
    unusable: Annotated[
        bool, typer.Option("--unusable", help="Refused, cut, empty or garbled answers, and failed requests.")
    ] = False,
    unused: Annotated[
        bool, typer.Option("--unused", help="Also good answers that no set comes from.")
    ] = False,
    model: OfModel = None,
    older_than: Annotated[
        float, typer.Option(min=0, help="Only what is older than so many hours: a run may be using it.")
    ] = 1.0,
    yes: Annotated[bool, typer.Option("--yes", help="Remove; else only say what would go.")] = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """Remove answers that no set comes from. What a set uses stays: the store refuses to let it go."""
    from datetime import UTC, datetime, timedelta

    from description_store.cache import prune, removable
    from description_store.database import open_store
    from dfer.errors import UsageError

    if not (unusable or unused):
        raise UsageError("nothing was named that may go", hint="--unusable, or --unused for all of it")
    before = (datetime.now(UTC) - timedelta(hours=older_than)).isoformat(timespec="milliseconds")
    with open_store(db, must_exist=True) as store:
        going = (prune if yes else removable)(
            store, unusable_only=not unused, model=typed(ctx, "model"), before=before
        )
    if json:
        output.print_json({"removed": yes, "answers": len(going.answer_ids), "attempts": going.attempts})
        return
    if not going.answer_ids and not going.attempts:
        output.say(f"nothing to remove that is older than {older_than:g} h (--older-than)")
        return
    what = f"{output.count_of(len(going.answer_ids), 'answer')} and {going.attempts} failed requests"
    output.say(f"{what} {'removed' if yes else 'would be removed: add --yes'}")


def _find(ctx: typer.Context, db: Path) -> "list[CachedAnswer]":
    """The answers that the filters leave; `model` and `set` in dfer.toml are meant for other commands."""
    from description_store.cache import list_cached
    from description_store.database import open_to_look
    from description_store.sets import find_set

    with open_to_look(db) as store:
        set_name = typed(ctx, "set_name")
        return list_cached(
            store,
            model=typed(ctx, "model"),
            verdict=typed(ctx, "verdict"),
            version=find_set(store, set_name).version if set_name else None,
            unused=ctx.params["unused"],
        )


def _print_question(cached: "CachedAnswer") -> None:
    identity = cached.answer.identity
    for field in ("model", "endpoint", "api", "sample_index"):
        output.say(f"{field:>12}: {identity[field]}")
    sent = ", ".join(f"{name}={value}" for name, value in identity["params"].items())
    output.say(f"{'params':>12}: {sent or '(none sent)'}\n")
    output.say(_question(cached))


def _print_answer(cached: "CachedAnswer", *, raw: bool) -> None:
    answer = cached.answer
    facts = [
        f"answer {answer.generation}",
        answer.verdict,
        f"{answer.created_at[:19].replace('T', ' ')} UTC",
        answer.resolved_model or "",
        f"{_count(answer.input_tokens) or '?'} in / {_count(answer.output_tokens) or '?'} out tokens",
        f"used by {_sets(cached)}" if cached.sets else "used by no set",
    ]
    output.say("\n" + " · ".join(fact for fact in facts if fact), bold=True)
    if answer.reason:
        output.say(answer.reason)
    output.say(answer.raw if raw else answer.text)


def _summary(cached: "CachedAnswer") -> dict[str, Any]:
    answer = cached.answer
    return {
        "key": answer.key,
        "generation": answer.generation,
        "model": answer.identity["model"],
        "endpoint": answer.identity["endpoint"],
        "resolved_model": answer.resolved_model,
        "verdict": answer.verdict,
        "reason": answer.reason,
        "input_tokens": answer.input_tokens,
        "output_tokens": answer.output_tokens,
        "sets": [f"v{version}" for version in cached.sets],
        "created_at": answer.created_at,
        "question": _question(cached),
    }


def _whole(cached: "CachedAnswer") -> dict[str, Any]:
    answer = cached.answer.model_dump(mode="json", exclude={"id"})
    return answer | {"sets": [f"v{version}" for version in cached.sets]}


def _question(cached: "CachedAnswer") -> str:
    return str(cached.answer.identity["messages"][-1]["content"])


def _sets(cached: "CachedAnswer") -> str:
    return " ".join(f"v{version}" for version in cached.sets)


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
