"""`dfer describe`: ask, cache, parse, validate, save the next version."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

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
    default_timeout,
    plan,
)
from .options import DEFAULT_DB, Db, Json, Quiet

if TYPE_CHECKING:
    from dfer.describe.describing import Described
    from dfer.describe.prices import Prices

_WARNINGS_SHOWN = 4


def describe(
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
    keep: Annotated[
        int | None, typer.Option(min=1, help="At most so many descriptors per class; most agreed on first.")
    ] = None,
    context_tokens: Annotated[
        int, typer.Option(help="Learnable context tokens that training will put before the text.")
    ] = 8,
    on_overflow: Annotated[
        Literal["error", "trim", "ask"],
        typer.Option(
            help="Text over the token budget: stop, drop whole descriptors from its end, or ask for less."
        ),
    ] = "error",
    shorten_prompt: Annotated[
        str, typer.Option(help="The prompt by which --on-overflow ask asks for fewer words.")
    ] = "shorten",
    allow_non_english: Annotated[
        bool, typer.Option("--allow-non-english", help="Take words that CLIP's English encoder hardly knows.")
    ] = False,
    accept_truncated: AcceptTruncated = False,
    drop_unsupported: DropUnsupported = False,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Questions asked at the same time.")] = 4,
    attempts: Annotated[int, typer.Option(min=1, help="Tries per question before it is given up.")] = 4,
    timeout: Annotated[
        float | None,
        typer.Option(min=1, help="Seconds for one answer in all; 120, or 600 for a server on this machine."),
    ] = None,
    max_wait: Annotated[
        float, typer.Option(min=0, help="The longest wait in seconds that a rate limit may ask for.")
    ] = 120.0,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again; earlier answers are kept.")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", envvar="DFER_OFFLINE", help="Use cached answers only.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be asked and what it could cost; ask nothing.")
    ] = False,
    prices: Annotated[
        Path | None, typer.Option(help="A TOML file of prices per million tokens (docs/file-formats.md).")
    ] = None,
    alias: Annotated[str | None, typer.Option(help="Point this @alias at the set.")] = None,
    note_text: Annotated[str, typer.Option("--note", help="Why this set was made.")] = "",
    db: Db = DEFAULT_DB,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Ask an LLM for each class's descriptors and save them as the next version."""
    from description_store.database import open_store
    from description_store.sets import checked_alias
    from dfer.class_sets import load_class_set
    from dfer.describe.asking.patience import Patience
    from dfer.describe.asking.secrets import scrub
    from dfer.describe.clip_tokens import token_budget
    from dfer.describe.collected import Manner
    from dfer.describe.describing import describe
    from dfer.describe.prices import load_prices

    from .dry_run import cached_labels, print_plan
    from .progress import watch
    from .prompt_argument import resolve_prompt
    from .sets.labelling import point_alias

    # Whatever can be refused is refused before anything is asked.
    if alias:
        checked_alias(alias)
    token_budget(context_tokens)
    price_list = load_prices(prices) if prices else None
    shorten_template = resolve_prompt(shorten_prompt, db) if on_overflow == "ask" else None
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
    manner = Manner(
        concurrency=concurrency,
        patience=Patience(
            attempts=attempts, answer=timeout or default_timeout(questions.endpoint), longest_wait=max_wait
        ),
        refresh=refresh,
        offline=offline,
        drop_unsupported=drop_unsupported,
        accept_truncated=accept_truncated,
    )
    if dry_run:
        print_plan(
            questions,
            cached_labels(db, questions, manner),
            max_output_tokens,
            price_list,
            may_shorten=on_overflow == "ask",
            json=json,
        )
        return
    with open_store(db) as store:
        with watch(len(questions.all), quiet=quiet) as on_event:
            described = describe(
                store,
                questions,
                context_tokens=context_tokens,
                on_overflow=on_overflow,
                keep=keep,
                only_english=not allow_non_english,
                shorten_template=shorten_template,
                manner=manner,
                note=scrub(note_text),
                on_event=on_event,
            )
        point_alias(store, alias, described.description_set, quiet=quiet)
    for warning in described.warnings:
        output.warn(warning, quiet=quiet)
    if json:
        output.print_json(_as_json(described, context_tokens))
    else:
        _print_described(described, price_list, quiet=quiet)


def _as_json(described: "Described", context_tokens: int) -> dict[str, Any]:
    from dfer.describe.clip_tokens import token_budget

    from .set_output import classes_as_json

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
            "cached": described.calls_cached,
            "made": described.calls_made,
            "failed": described.calls_failed,
        },
        "usage": {"input_tokens": described.input_tokens, "output_tokens": described.output_tokens},
        "warnings": [*described.adaptations, *described.warnings],
    }


def _print_described(described: "Described", prices: "Prices | None", *, quiet: bool) -> None:
    saved = described.description_set
    output.say(f"{saved.name} · {saved.class_set} · {saved.provenance.model}")
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
    left_out = [f"{d.class_name}: left out: {'; '.join(d.dropped)}" for d in saved.descriptions if d.dropped]
    if saved.provenance.keep is None:
        for line in left_out:
            output.warn(line, quiet=quiet)
    elif left_out:
        number = output.count_of(sum(len(d.dropped) for d in saved.descriptions), "descriptor")
        output.note(f"left out {number}; dfer sets show {saved.name} --json names them", quiet=quiet)
    output.note(
        f"{len(saved.descriptions)} classes · {described.calls_cached} cached · {described.calls_made} asked"
        f" · {described.calls_failed} failed{_usage(described, prices)} · "
        + (f"saved as {saved.name}" if described.created else f"unchanged: {saved.name}"),
        quiet=quiet,
    )
    output.note(
        f"next: dfer sets show {saved.name}   dfer sets control {saved.name} --kind random   "
        f"dfer train --descriptions {saved.name} …",
        quiet=quiet,
    )


def _usage(described: "Described", prices: "Prices | None") -> str:
    tokens = (described.input_tokens, described.output_tokens)
    if not described.calls_made or None in tokens:
        return ""
    spent = ""
    if prices:
        cost = prices.cost(described.description_set.provenance.model or "", *tokens)
        spent = f" · cost {prices.describe(cost)}"
    return f" · {tokens[0]:,} in / {tokens[1]:,} out tokens{spent}"
