"""Words that a person typed: one line each, nothing that cannot be seen."""

from collections.abc import Mapping, Sequence

from dfer.errors import ContentError


def tidied(words: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Descriptors on one line each, without the comma or full stop that the text puts after them.

    Raises:
        ContentError: a descriptor holds characters that cannot be printed.
    """
    return {name: _tidied(name, descriptors) for name, descriptors in words.items()}


def _tidied(name: str, descriptors: Sequence[str]) -> tuple[str, ...]:
    tidy = [" ".join(text.split()).rstrip(".,; ") for text in descriptors]
    for text in tidy:
        if not text.isprintable():
            raise ContentError(f"{name}: {text!r} holds characters that cannot be printed")
    return tuple(text for text in tidy if text)
