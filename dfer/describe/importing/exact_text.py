"""Words whose text is the file's own, to the last of CLIP's tokens."""

import re
from collections.abc import Iterable, Mapping, Sequence

from description_store.records import Rendering
from dfer.describe.clip_tokens import token_ids
from dfer.describe.importing.sentences import has_verb
from dfer.describe.parsing.english import GOES_ON
from dfer.describe.rendering import render
from dfer.errors import ContentError

_BREAK = re.compile(r"[()]|, ")
_SHORTEST_OF_TWO = 2  # words; "tense and trembling lips" is one descriptor


def one_text_each(texts: Mapping[str, str], *, split: bool) -> tuple[dict[str, tuple[str, ...]], Rendering]:
    """Descriptors of one text for each class, and the rendering that makes the same texts of them.

    With `split` a comma list becomes its parts where their list is the same text to CLIP; whatever else is
    one descriptor. The final full stop is the rendering's where every text has one.

    Raises ContentError for a text that CLIP would not read as it is written.
    """
    rendering = Rendering(form="list", suffix=_shared_suffix(texts.values()))
    words = {}
    for name, text in texts.items():
        body = text.removesuffix(rendering.suffix).rstrip() if rendering.suffix else text
        choices = [split_list(body), (body,)] if split else [(body,)]
        fitting = [choice for choice in choices if _is_rendered(choice, text, rendering)]
        words[name] = fitting[0] if fitting else _refuse(name, text)
    return words, rendering


def several_texts_each(
    texts: Mapping[str, Sequence[str]],
) -> tuple[dict[str, tuple[str, ...]], Rendering]:
    """Each text a descriptor, rendered as it was written; CuPL takes the mean of their embeddings.

    Raises ContentError for a text that CLIP would not read as it is written.
    """
    suffix = _shared_suffix([text for own in texts.values() for text in own])
    rendering = Rendering(form="each", suffix=suffix, combine="mean_embedding")
    words = {}
    for name, own in texts.items():
        bodies = [text.removesuffix(suffix).rstrip() if suffix else text for text in own]
        for body, text in zip(bodies, own, strict=True):
            if not _is_rendered((body,), text, rendering):
                _refuse(name, text)
        words[name] = tuple(bodies)
    return words, rendering


def with_added_lines(
    texts: Mapping[str, Sequence[str]],
) -> tuple[dict[str, tuple[str, ...]], Rendering]:
    """One list for each class of all its lines. Only a class with a single line keeps its text as it is.

    Raises ContentError as `one_text_each`.
    """
    lines = {f"{name}, text {i}": text for name, own in texts.items() for i, text in enumerate(own, start=1)}
    parts, rendering = one_text_each(lines, split=True)
    words = {}
    for name, own in texts.items():
        found = [part for i in range(1, len(own) + 1) for part in parts[f"{name}, text {i}"]]
        words[name] = tuple(found if len(own) == 1 else (part.rstrip(".,; ") for part in found))
    return words, rendering


def split_list(text: str) -> tuple[str, ...]:
    """The parts of "a, b, and c" or of "raised brows and open mouth"; the whole where it is no such list."""
    if text[:1].isupper() and has_verb(text):
        return (text,)
    parts = _at_commas(text)
    if len(parts) == 1:
        two = text.split(" and ")
        return tuple(two) if len(two) == 2 and min(map(_words, two)) >= _SHORTEST_OF_TWO else (text,)
    if not parts[-1].startswith("and "):
        return (text,)
    joined = parts[:1]
    for part in parts[1:-1]:
        if GOES_ON.match(part):
            joined[-1] += f", {part}"
        else:
            joined.append(part)
    split = (*joined, parts[-1].removeprefix("and "))
    return split if all(part.strip() for part in split) else (text,)


def _at_commas(text: str) -> list[str]:
    """Split at the commas outside brackets."""
    parts: list[str] = []
    start = depth = 0
    for match in _BREAK.finditer(text):
        if match[0] in "()":
            depth = max(0, depth + (1 if match[0] == "(" else -1))
        elif depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _words(text: str) -> int:
    return len(text.split())


def _shared_suffix(texts: Iterable[str]) -> str:
    """A full stop where every text ends in one that can be taken off and put back."""
    return "." if all(map(_ends_in_full_stop, texts)) else ""


def _ends_in_full_stop(text: str) -> bool:
    return text.endswith(".") and token_ids(text[:-1].rstrip() + ".") == token_ids(text)


def _is_rendered(words: tuple[str, ...], text: str, rendering: Rendering) -> bool:
    return token_ids(render(words, display="", rendering=rendering)) == token_ids(text)


def _refuse(name: str, text: str) -> tuple[str, ...]:
    raise ContentError(f"{name}: CLIP would not read {text[:60]!r} as it is written", hint="write it plainly")
