"""Why an answer was not found in the cache: which field of the key differs from what is stored."""

from collections.abc import Iterable
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


class StoredQuestions:
    """What was asked before, by its words: thousands of questions are compared with thousands."""

    def __init__(self, identities: Iterable[Identity], *, unlike: Iterable[Identity] = ()) -> None:
        """`unlike`: only the very same words make these near; they are about something else."""
        self._by_text: dict[str, list[Identity]] = {}
        for identity in identities:
            self._by_text.setdefault(_text(identity), []).append(identity)
        others = {_text(identity) for identity in unlike}
        self._words = {text: frozenset(text.split()) for text in self._by_text if text not in others}
        self._nearest: dict[str, str] = {}

    def nearest(self, asked: Identity) -> tuple[FieldDifference, ...] | None:
        """How the most similar stored question differs; None where nothing is stored.

        The same words come before the same server: what changed is mostly a parameter, a model or an address.
        """
        if not self._words and _text(asked) not in self._by_text:
            return None
        similar = self._by_text[self._nearest_text(_text(asked))]
        # Of equally similar ones the last stored.
        return min((differences(asked, identity) for identity in reversed(similar)), key=len)

    def _nearest_text(self, text: str) -> str:
        if text in self._by_text:
            return text
        if text not in self._nearest:
            words = frozenset(text.split())
            self._nearest[text] = max(
                self._words,
                key=lambda other: len(words & self._words[other]) / len(words | self._words[other]),
            )
        return self._nearest[text]


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


def _text(identity: Identity) -> str:
    return "\n".join(str(message["content"]) for message in identity["messages"])
