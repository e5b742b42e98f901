"""Descriptors that several classes share, or nearly: by these CLIP cannot tell the classes apart."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence

from dfer.class_sets import ClassSet
from dfer.describe.nearness import content_tokens, near_key

# Two of three content tokens alike: "raised eyes" and "slightly raised eyes".
NEAR = 2 / 3

Said = Sequence[tuple[str, str]]
"""Pairs of class and descriptor."""


def shared_descriptors(said: Said, class_set: ClassSet) -> Iterator[tuple[tuple[str, ...], str]]:
    """Classes that say the same (`near_key`), and what. Compounds may share what their parts say."""
    related = _Related(class_set)
    for own in _groups(said).values():
        names = [name for name, _ in own]
        if sharing := related.strangers(names, names):
            yield sharing, own[0][1]


def near_descriptors(said: Said, class_set: ClassSet) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Classes of which one says the first descriptor and another the second, which is nearly the same."""
    related = _Related(class_set)
    groups = list(_groups(said).values())
    tokens = [content_tokens(own[0][1]) for own in groups]
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for place, ids in enumerate(tokens):
        # Only descriptors that have a token in common can be near: most pairs are never looked at.
        common = Counter(other for token in ids for other in holders[token])
        for other, count in sorted(common.items()):
            if count / (len(ids) + len(tokens[other]) - count) >= NEAR:
                first, second = groups[other], groups[place]
                if names := related.strangers([name for name, _ in first], [name for name, _ in second]):
                    yield names, first[0][1], second[0][1]
        for token in ids:
            holders[token].append(place)


def _groups(said: Said) -> dict[Hashable, list[tuple[str, str]]]:
    groups: dict[Hashable, list[tuple[str, str]]] = {}
    for name, text in said:
        groups.setdefault(near_key(text), []).append((name, text))
    return groups


class _Related:
    """Which classes have a part in common."""

    def __init__(self, class_set: ClassSet) -> None:
        self.parts = {c.name: {c.name, *c.components} for c in class_set.classes}

    def strangers(self, first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
        """Those of the classes that have no part in common with some class of the other list."""
        own = [n for n in dict.fromkeys(first) if any(self._apart(n, other) for other in second)]
        own += [n for n in dict.fromkeys(second) if any(self._apart(n, other) for other in first)]
        return tuple(dict.fromkeys(own))

    def _apart(self, a: str, b: str) -> bool:
        return not self.parts.get(a, {a}) & self.parts.get(b, {b})
