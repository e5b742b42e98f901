"""What tells questions apart, in a few characters: all of them begin and end alike."""

_SHOWN = 32


def parting(texts: list[str]) -> list[str]:
    """Each text without the whole words that all begin and end with, on one line: what tells them apart."""
    if len(set(texts)) < 2:
        return [_one_line(text) for text in texts]
    words = [text.split() for text in texts]
    start, end = _alike(words), _alike([own[::-1] for own in words])
    return [
        _one_line(("… " if start else "") + " ".join(own[start : len(own) - end]) + (" …" if end else ""))
        for own in words
    ]


def _alike(lists: list[list[str]]) -> int:
    """How many words all the lists begin with; none of them counts whole."""
    shortest = min(map(len, lists)) - 1
    return next((i for i in range(shortest) if len({own[i] for own in lists}) > 1), max(0, shortest))


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
