"""`dfer sets check`: what is worth a second look in a set, before a run is spent on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import output
from ..options import DEFAULT_DB, Db, Force, Json
from ..set_names import SetName, reading
from ..training_options import Pretrained, Settings, chosen_weights, parse_settings

if TYPE_CHECKING:
    from description_store.records import DescriptionSet
    from dfer.describe.checking import Finding


def check(
    name: SetName,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="The recipe that will use the set: decides the budget. Default: as the set has it."
        ),
    ] = None,
    settings: Settings = None,
    context_tokens: Annotated[
        int | None, typer.Option(help="Learnable context tokens, without naming a recipe.")
    ] = None,
    clip: Annotated[
        str | None, typer.Option(help="Also compare the classes as this open_clip architecture reads them.")
    ] = None,
    pretrained: Pretrained = None,
    figure: Annotated[
        Path | None, typer.Option(help="With --clip: the heatmap as .png, .svg or .pdf.")
    ] = None,
    force: Force = False,
    db: Db = DEFAULT_DB,
    json: Json = False,
) -> None:
    """Check budget, classes, shared and non-facial words, names; with --clip what CLIP makes of them."""
    from description_store.lineage import ancestors
    from dfer.class_sets.stored import class_set_of
    from dfer.describe.checking import check_set, control_judged_as
    from dfer.describe.clip_tokens import token_budget
    from dfer.errors import ContentError, UsageError

    if figure and clip is None:
        raise UsageError("--figure draws what --clip computes", hint="--clip ViT-B-32 --pretrained openai")
    if figure:
        from dfer.experiments.similarity_figure import check_figure_path

        check_figure_path(figure)
        output.refuse_existing(figure, force=force)
    with reading(db, name) as (store, found, title):
        class_set = class_set_of(store, found)
        parent = next(iter(ancestors(store, found.version)), None)
    context, what_for = _context(found, recipe, settings, context_tokens)
    findings = check_set(
        found, class_set, context_tokens=context, several_texts=recipe in (None, "zero-shot")
    )
    content: dict[str, Any] = {
        "set": title,
        "hash": found.hash,
        "context_tokens": context,
        "budget": token_budget(context),
        "findings": [
            {"kind": f.kind, "severity": f.severity, "classes": list(f.classes), "message": f.message}
            for f in findings
        ],
    }
    errors = [f for f in findings if f.severity == "error"]
    if not json:
        longest = max(found.descriptions, key=lambda d: d.tokens)
        output.say(
            f"{title} · {len(found.descriptions)} classes of {class_set.name} · "
            f"budget {token_budget(context)} {what_for} · longest {longest.tokens} ({longest.class_name})"
        )
        if control := control_judged_as(found):
            output.say(f"a {control} control: what its words say is not judged")
        _print_findings(findings)
    if clip is not None:
        content |= _similarity(
            found, parent, clip, chosen_weights(clip, pretrained), figure, title, json=json
        )
    if json:
        output.print_json(content)
    if errors:
        if json:
            raise typer.Exit(ContentError.exit_code)
        raise ContentError(
            f"{title} has {output.count_of(len(errors), 'error')}",
            hint=f"dfer sets render {title} --form list"
            if {f.kind for f in errors} == {"several-texts"}
            else "dfer sets edit makes a child with other words",
        )


def _context(
    found: "DescriptionSet", recipe: str | None, settings: list[str] | None, context_tokens: int | None
) -> tuple[int, str]:
    """The context tokens that the set must leave room for, and what for."""
    from dfer.errors import UsageError
    from dfer.models.settings import recipe_settings

    if context_tokens is not None:
        if recipe:
            raise UsageError("--context-tokens does not go with --recipe", hint="--set context_tokens=N does")
        return context_tokens, f"beside {output.count_of(context_tokens, 'context token')}"
    if recipe is None:
        if settings:
            raise UsageError("--set changes a setting of a recipe", hint="name it with --recipe")
        return found.context_tokens, f"beside {output.count_of(found.context_tokens, 'context token')}"
    chosen = recipe_settings(recipe, parse_settings(settings))
    return getattr(chosen, "context_tokens", 0), f"for {recipe}"


def _print_findings(findings: "tuple[Finding, ...]") -> None:
    if not findings:
        output.say("nothing to look at twice")
        return
    rows = []
    for finding in findings:
        names = ", ".join(finding.classes[:3]) + (" …" if len(finding.classes) > 3 else "")
        rows.append(
            [finding.severity if finding.severity == "error" else "", finding.kind, names, finding.message]
        )
    output.print_table(["", "what", "classes", "finding"], rows)


def _similarity(
    found: "DescriptionSet",
    parent: "DescriptionSet | None",
    architecture: str,
    pretrained: str | None,
    figure: Path | None,
    title: str,
    *,
    json: bool,
) -> dict[str, Any]:
    from dfer.experiments.set_similarity import similarity_of_set
    from dfer.experiments.similarity_figure import draw_similarity
    from dfer.models.clip_backbone import load_clip

    from ..similarity_output import print_similarity, similarity_as_json

    loaded = load_clip(architecture=architecture, pretrained=pretrained)
    similarity = similarity_of_set(found, parent, loaded, title=title)
    if figure:
        draw_similarity(similarity, figure)
    if not json:
        print_similarity(similarity)
        if figure:
            output.note(f"drawn in {figure}")
    return {"similarity": similarity_as_json(similarity) | {"figure": str(figure) if figure else None}}
