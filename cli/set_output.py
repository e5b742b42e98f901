"""Description sets, for people and for scripts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import output

if TYPE_CHECKING:
    from description_store.records import Description, DescriptionSet, Provenance, Rendering
    from dfer.describe.descriptor_origins import Origin


# Of a change, what tells it apart in a few words.
_TOLD = ("form", "combine", "keep", "drop_nonfacial", "drop_class_words")


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
        "rendering": found.rendering.model_dump(mode="json"),
        "context_tokens": found.context_tokens,
        "budget": token_budget(found.context_tokens),
        "classes": classes_as_json(found),
        "provenance": found.provenance.model_dump(mode="json"),
        "aliases": list(found.aliases),
        "tags": list(found.tags),
        "note": found.note,
        "notes": list(found.notes),
        "dfer_version": found.dfer_version,
        "created_at": found.created_at,
    }


def print_set(found: "DescriptionSet", *, title: str | None = None) -> None:
    from dfer.describe.clip_tokens import token_budget

    provenance = found.provenance
    output.say(
        f"{title or found.name} · {found.class_set} · {made_how(found.provenance)} · "
        f"{found.created_at[:19].replace('T', ' ')} UTC"
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
        ("imported", _imported(provenance.imported)),
        ("parent", provenance.parent_hash),
        ("texts", rendering_in_words(found.rendering)),
        ("aliases", " ".join(f"@{alias}" for alias in found.aliases)),
        ("tags", " ".join(f"#{tag}" for tag in found.tags)),
        *(("note", note) for note in (found.note, *found.notes)),
    ):
        if value:
            output.say(f"{label:>8}: {value}")
    budget = token_budget(found.context_tokens)
    output.print_table(
        ["class", f"tokens of {budget}", "description"],
        [[d.class_name, str(d.tokens), d.text] for d in found.descriptions],
        right=[f"tokens of {budget}"],
    )


def print_descriptors(title: str, description: "Description", origins: Sequence["Origin"]) -> None:
    """One class: its descriptors under the numbers that `dfer sets edit --drop` takes."""
    from dfer.describe.clip_tokens import count_tokens

    output.say(f"{title} · {description.class_name} · {description.tokens} tokens")
    output.print_table(
        ["#", "tokens", "from", "descriptor"],
        [
            [
                str(number),
                str(count_tokens(origin.descriptor)),
                _from(origin, description.class_name),
                origin.descriptor,
            ]
            for number, origin in enumerate(origins, start=1)
        ],
        right=["#", "tokens"],
    )
    for dropped in description.dropped:
        output.say(f"left out: {dropped}")
    for warning in description.warnings:
        output.warn(warning)


def _from(origin: "Origin", class_name: str) -> str:
    agreed = "" if (origin.samples or 0) < 2 else f", {origin.agreeing} of {origin.samples} samples"
    of = "" if origin.class_name == class_name else f", of {origin.class_name}"
    return f"v{origin.version}, {origin.by}{of}{agreed}"


def rendering_in_words(rendering: "Rendering") -> str:
    """ "" for the usual comma list."""
    from description_store.records import COMMA_LIST

    if rendering == COMMA_LIST:
        return ""
    body = "⟨descriptor⟩" if rendering.form == "each" else "⟨descriptors⟩"
    parts = [f"“{rendering.prefix}{body}{rendering.suffix}”"]
    if rendering.form == "each":
        parts.append("a text for each descriptor")
    if rendering.compounds:
        parts.append(
            {
                "average": "compounds: the texts of their parts",
                "concatenate": "compounds: their parts' texts in a row",
            }[rendering.compounds]
        )
    if rendering.combine != "joined":
        parts.append(f"combined by {rendering.combine}")
    return ", ".join(parts)


def made_how(provenance: "Provenance") -> str:
    """Who or what made a set: "gpt-4", "random control, seed 1", "select keep=5"."""
    change = _change(provenance.change) if provenance.change else ""
    if provenance.control:
        return ", ".join(filter(None, [_control(provenance.control, provenance.seed), change]))
    if provenance.imported:
        return f"import of {provenance.imported['file']}"
    return change or provenance.model or provenance.kind


def made_by(provenance: "Provenance") -> str:
    """The same with what tells apart sets of one LLM: prompt, parameters and samples."""
    told = [made_how(provenance)]
    if provenance.kind == "llm":
        told[0] += f", {provenance.prompt}" if provenance.prompt else ""
        plain = {k: v for k, v in provenance.params.items() if not isinstance(v, dict | list)}
        told += [f"{name}={value}" for name, value in plain.items()]
        told += [f"samples={provenance.samples}"] if provenance.samples else []
    return " ".join(told)


def _control(kind: str, seed: int | None) -> str:
    return f"{kind} control" + ("" if seed is None else f", seed {seed}")


def _change(change: dict[str, Any]) -> str:
    ((what, how),) = change.items()
    if what == "edit":
        return "edit"
    if isinstance(how, dict):
        told = {name: how.get(name) for name in _TOLD}
        how = " ".join(
            f"{name}={value}" if name == "keep" else name.replace("_", "-") if value is True else str(value)
            for name, value in told.items()
            if value
        )
    return f"{what} {how}".strip()


def _imported(source: dict[str, str] | None) -> str:
    return "" if source is None else f"from {source['file']}, sha256 {source['sha256']} ({source['format']})"


def _params(params: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in params.items())


def row_as_json(row: dict[str, Any]) -> dict[str, Any]:
    names = ("hash", "class_set", "kind", "control", "model", "prompt", "classes", "max_tokens", "runs")
    return {
        "set": f"v{row['version']}",
        **{name: row[name] for name in names},
        "parent": f"v{row['parent']}" if row["parent"] else None,
        "aliases": (row["aliases"] or "").split(),
        "tags": (row["tags"] or "").split(),
        "note": row["note"],
        "created_at": row["created_at"],
    }
