"""Description sets and their differences, for people and for scripts."""

from typing import TYPE_CHECKING, Any

import typer

from . import output

if TYPE_CHECKING:
    from description_store.records import DescriptionSet
    from dfer.describe.difference import SetDifference


def classes_as_json(found: "DescriptionSet") -> list[dict[str, Any]]:
    return [
        {
            "class": d.class_name,
            "descriptors": list(d.descriptors),
            "text": d.text,
            "tokens": d.tokens,
            "dropped": list(d.dropped),
            "warnings": list(d.warnings),
        }
        for d in found.descriptions
    ]


def set_as_json(found: "DescriptionSet") -> dict[str, Any]:
    from dfer.describe.clip_tokens import token_budget

    return {
        "set": found.name,
        "hash": found.hash,
        "class_set": found.class_set,
        "class_set_hash": found.class_set_hash,
        "model": found.provenance.model,
        "prompt": found.provenance.prompt,
        "context_tokens": found.context_tokens,
        "budget": token_budget(found.context_tokens),
        "classes": classes_as_json(found),
        "provenance": found.provenance.model_dump(mode="json"),
        "aliases": list(found.aliases),
        "note": found.note,
        "dfer_version": found.dfer_version,
        "created_at": found.created_at,
    }


def print_set(found: "DescriptionSet") -> None:
    from dfer.describe.clip_tokens import token_budget

    provenance = found.provenance
    made_by = provenance.model or f"{provenance.kind} {provenance.control or ''}".strip()
    output.say(
        f"{found.name} · {found.class_set} · {made_by} · {found.created_at[:19].replace('T', ' ')} UTC"
    )
    for label, value in (
        ("hash", found.hash),
        ("prompt", f"{provenance.prompt} {provenance.prompt_hash}" if provenance.prompt else ""),
        ("server", provenance.endpoint),
        ("answered", ", ".join(provenance.resolved_models or ())),
        ("asked" if provenance.sent else "sent", _params(provenance.params)),
        *(("sent", f"{_params(sent['params'])} ({sent['api']})") for sent in provenance.sent or ()),
        ("samples", "" if provenance.samples is None else str(provenance.samples)),
        ("keep", "" if provenance.keep is None else f"{provenance.keep} descriptors per class"),
        ("cut", ", ".join(provenance.truncated or ())),
        ("shorter", f"{', '.join(provenance.shortened or ())} by {provenance.shorten_prompt_hash}")
        if provenance.shortened
        else ("shorter", ""),
        ("seed", "" if provenance.seed is None else str(provenance.seed)),
        ("parent", provenance.parent_hash),
        ("aliases", " ".join(f"@{alias}" for alias in found.aliases)),
        ("note", found.note),
    ):
        if value:
            output.say(f"{label:>8}: {value}")
    budget = token_budget(found.context_tokens)
    output.print_table(
        ["class", f"tokens of {budget}", "description"],
        [[d.class_name, str(d.tokens), d.text] for d in found.descriptions],
        right=[f"tokens of {budget}"],
    )


def _params(params: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in params.items())


def row_as_json(row: dict[str, Any]) -> dict[str, Any]:
    names = ("hash", "class_set", "kind", "control", "model", "prompt", "classes", "max_tokens", "runs")
    return {
        "set": f"v{row['version']}",
        **{name: row[name] for name in names},
        "parent": f"v{row['parent']}" if row["parent"] else None,
        "aliases": (row["aliases"] or "").split(),
        "note": row["note"],
        "created_at": row["created_at"],
    }


def difference_as_json(first: str, second: str, difference: "SetDifference") -> dict[str, Any]:
    return {
        "a": first,
        "b": second,
        "identical_texts": not difference.changed_classes,
        "provenance": {name: {"a": a, "b": b} for name, (a, b) in difference.provenance.items()},
        "classes": [
            {
                "class": c.class_name,
                "changed": c.changed,
                "removed": list(c.removed),
                "added": list(c.added),
                "words": [{"mark": mark, "text": text} for mark, text in c.words],
                "tokens": {"a": c.tokens_before, "b": c.tokens_after},
            }
            for c in difference.classes
        ],
    }


def print_difference(first: str, second: str, difference: "SetDifference") -> None:
    import textwrap

    for field, (a, b) in difference.provenance.items():
        output.say(f"{field}: {a} → {b}")
    if not difference.changed_classes:
        output.say(f"{first} and {second} have the same words")
        return
    for c in difference.changed_classes:
        before = "–" if c.tokens_before is None else c.tokens_before
        after = "–" if c.tokens_after is None else c.tokens_after
        output.say(f"\n{c.class_name}  ({before} → {after} tokens)", bold=True)
        for mark, words in c.words:
            colour = {"-": typer.colors.RED, "+": typer.colors.GREEN}.get(mark)
            for line in textwrap.wrap(words, width=76):
                output.say(f"{mark} {line}", fg=colour)
    unchanged = len(difference.classes) - len(difference.changed_classes)
    if unchanged:
        output.say(f"\nthe other {unchanged} did not change")
