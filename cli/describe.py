"""`dfer describe`: ask, cache, parse, validate, save the next version."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import output
from .options import DEFAULT_DB, Db, Json, Quiet, complete_class_set

if TYPE_CHECKING:
    from dfer.describe.describing import Described, Event
    from dfer.describe.planning import Questions

_WARNINGS_SHOWN = 4


def describe(
    classes: Annotated[
        str,
        typer.Option(
            help="A class set (dfew7, mafw11, …) or a .toml/.json file.", autocompletion=complete_class_set
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            envvar="DFER_MODEL", help="The LLM's name at the server, or builtin/facs, which needs none."
        ),
    ],
    prompt: Annotated[
        str, typer.Option(help="A prompt's name (dfer prompts list) or a template file.")
    ] = "dfer-clip",
    base_url: Annotated[
        str | None,
        typer.Option(help="Any OpenAI-compatible server. Else OPENAI_BASE_URL, else OpenAI itself."),
    ] = None,
    key_env: Annotated[
        str | None,
        typer.Option(envvar="DFER_API_KEY_ENV", help="The environment variable that holds the API key."),
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Sent only if given.")] = None,
    seed: Annotated[int | None, typer.Option(help="Sent only if given.")] = None,
    max_output_tokens: Annotated[int | None, typer.Option(min=1, help="Sent only if given.")] = None,
    context_tokens: Annotated[
        int, typer.Option(help="Learnable context tokens that training will put before the text.")
    ] = 8,
    on_overflow: Annotated[
        Literal["error", "trim"],
        typer.Option(help="Text over the token budget: stop, or drop whole descriptors from its end."),
    ] = "error",
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Questions asked at the same time.")] = 4,
    attempts: Annotated[int, typer.Option(min=1, help="Tries per question before it is given up.")] = 4,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that one answer may take in all.")] = 300.0,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again; earlier answers are kept.")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", envvar="DFER_OFFLINE", help="Use cached answers only.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be asked, and ask nothing.")
    ] = False,
    alias: Annotated[str | None, typer.Option(help="Point this @alias at the set.")] = None,
    note_text: Annotated[str, typer.Option("--note", help="Why this set was made.")] = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Ask an LLM for each class's descriptors and save them as the next version."""
    from description_store.answers import find_answer
    from description_store.database import open_store
    from description_store.sets import checked_alias, move_alias
    from dfer.class_sets import load_class_set
    from dfer.describe import describing, planning
    from dfer.describe.asking.ask import Patience
    from dfer.describe.clip_tokens import token_budget
    from dfer.describe.templates import load_template

    if alias:
        checked_alias(alias)  # refused before anything is asked
    token_budget(context_tokens)  # refuses an impossible number before anything is asked
    questions = planning.plan_questions(
        load_class_set(classes),
        load_template(prompt),
        model=model,
        base_url=base_url,
        key_env=key_env,
        temperature=temperature,
        seed=seed,
        max_output_tokens=max_output_tokens,
    )

    def on_event(name: str, event: "Event", detail: str) -> None:
        output.note(f"{name:>16}  {event}{'  ' + detail if detail else ''}", quiet=quiet)

    if dry_run and not db.exists():
        _print_plan(questions, cached=set(), json=json)
        return
    with open_store(db) as store:
        if dry_run:
            found = {
                name for name, r in questions.requests.items() if not refresh and find_answer(store, r.key)
            }
            _print_plan(questions, cached=found, json=json)
            return
        described = describing.describe(
            store,
            questions,
            context_tokens=context_tokens,
            on_overflow=on_overflow,
            concurrency=concurrency,
            patience=Patience(attempts=attempts, answer=timeout),
            refresh=refresh,
            offline=offline,
            note=note_text,
            on_event=on_event,
        )
        if alias:
            move_alias(store, alias, described.description_set.version)
    for warning in described.warnings:
        output.warn(warning, quiet=quiet)
    if json:
        output.print_json(_as_json(described, context_tokens))
    else:
        _print_described(described, quiet=quiet)


def _as_json(described: "Described", context_tokens: int) -> dict[str, Any]:
    from dfer.describe.clip_tokens import token_budget

    from .sets import classes_as_json

    saved = described.description_set
    return {
        "set": saved.name,
        "hash": saved.hash,
        "created": described.created,
        "class_set": saved.class_set,
        "model": saved.provenance.model,
        "prompt": saved.provenance.prompt,
        "context_tokens": context_tokens,
        "budget": token_budget(context_tokens),
        "classes": [c | {"cached": c["class"] in described.cached} for c in classes_as_json(saved)],
        "calls": {
            "cached": len(described.cached),
            "made": described.calls_made,
            "failed": described.calls_failed,
        },
        "usage": {"input_tokens": described.input_tokens, "output_tokens": described.output_tokens},
        "warnings": list(described.warnings),
    }


def _print_described(described: "Described", *, quiet: bool) -> None:
    saved = described.description_set
    output.print_table(
        ["class", "tokens", "description"],
        [[d.class_name, str(d.tokens), d.text] for d in saved.descriptions],
        right=["tokens"],
    )
    warnings = [f"{d.class_name}: {warning}" for d in saved.descriptions for warning in d.warnings]
    for warning in warnings[:_WARNINGS_SHOWN]:
        output.warn(warning, quiet=quiet)
    if len(warnings) > _WARNINGS_SHOWN:
        rest = len(warnings) - _WARNINGS_SHOWN
        output.warn(
            f"and {rest} more of this kind: dfer sets show {saved.name} --json has them all", quiet=quiet
        )
    for d in saved.descriptions:
        if d.dropped:
            output.warn(f"{d.class_name}: dropped to fit the budget: {'; '.join(d.dropped)}", quiet=quiet)
    usage = ""
    if described.calls_made and described.input_tokens is not None and described.output_tokens is not None:
        usage = f" · {described.input_tokens:,} in / {described.output_tokens:,} out tokens"
    outcome = f"saved as {saved.name}" if described.created else f"unchanged: {saved.name}"
    output.note(
        f"{len(saved.descriptions)} classes · {len(described.cached)} cached · {described.calls_made} asked"
        f" · {described.calls_failed} failed{usage} · {outcome}",
        quiet=quiet,
    )
    output.note(
        f"next: dfer sets show {saved.name}   dfer sets control {saved.name} --kind random   "
        f"dfer train --descriptions {saved.name} …",
        quiet=quiet,
    )


def _print_plan(questions: "Questions", *, cached: set[str], json: bool) -> None:
    missing = len(questions.requests) - len(cached)
    if json:
        output.print_json(
            {
                "dry_run": True,
                "class_set": questions.class_set.name,
                "model": questions.model,
                "prompt": questions.template.name,
                "endpoint": questions.endpoint.base_url if questions.endpoint else "builtin",
                "calls": {"cached": len(cached), "to_make": missing},
                "classes": [
                    {
                        "class": name,
                        "cached": name in cached,
                        "key": r.key,
                        "question": r.messages[-1]["content"],
                    }
                    for name, r in questions.requests.items()
                ],
            }
        )
        return
    for name, request in questions.requests.items():
        typer.echo(
            f"[{name}] {'cached' if name in cached else 'to ask'}\n{request.messages[-1]['content']}\n"
        )
    output.note(f"{len(cached)} cached · {missing} to ask · nothing was asked")
