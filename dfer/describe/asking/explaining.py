"""Why an answer was not found in the cache: which field of the key differs from what is stored."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from description_store.hashing import canonical_json

Identity = dict[str, Any]
NOT_SENT = "(not sent)"


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldDifference:
    """`field` is spelt as in docs/cache-key.md, with a dot below `params`."""

    field: str
    asked: Any
    stored: Any


def nearest_stored(asked: Identity, stored: Sequence[Identity]) -> tuple[FieldDifference, ...] | None:
    """How the most similar stored question differs; None where nothing is stored.

    The same words come before the same server: what changed is mostly a parameter, a model or an address.
    """
    if not stored:
        return None
    same_words = [identity for identity in stored if _words(identity) == _words(asked)]
    if not same_words:
        texts = {_words(identity): identity for identity in stored}
        nearest = difflib.get_close_matches(_words(asked), texts, n=1, cutoff=0.0)
        same_words = [texts[nearest[0]]]
    # Of equally similar ones the last stored.
    return min((differences(asked, identity) for identity in reversed(same_words)), key=len)


def differences(asked: Identity, stored: Identity) -> tuple[FieldDifference, ...]:
    first, second = _fields(asked), _fields(stored)
    return tuple(
        FieldDifference(field=name, asked=first.get(name, NOT_SENT), stored=second.get(name, NOT_SENT))
        for name in dict.fromkeys([*first, *second])
        if canonical_json(first.get(name, NOT_SENT)) != canonical_json(second.get(name, NOT_SENT))
    )


def _fields(identity: Identity) -> dict[str, Any]:
    params = {f"params.{name}": value for name, value in identity["params"].items()}
    return {name: value for name, value in identity.items() if name != "params"} | params


def _words(identity: Identity) -> str:
    return "\n".join(str(message["content"]) for message in identity["messages"])
