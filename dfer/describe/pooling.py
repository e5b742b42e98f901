"""Several samples of one question, merged into one list: what most of them name comes first."""

from collections.abc import Callable, Hashable, Sequence

from dfer.describe.clip_tokens import token_ids
from dfer.describe.nearness import near_key

POOLING = "near"
"""The name of the rule, recorded with every set of several samples: near-duplicates are one."""


def pool(samples: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The descriptors of all samples, each once, in the order of `agreement`. Raises as `token_ids`."""
    return tuple(agreement(samples))


def agreement(samples: Sequence[Sequence[str]]) -> dict[str, int]:
    """In how many samples each descriptor occurs; the most frequent first.

    Near-duplicates (`near_key`) are one descriptor, spelt as at their first appearance; of a single sample
    only those that are the same to CLIP are, since nothing is to be merged. Those in equally many samples
    are ordered by their mean position in the samples that hold them, then by first appearance.
    Raises ConfigurationError when CLIP's vocabulary cannot be read.
    """
    same: Callable[[str], Hashable] = near_key if len(samples) > 1 else _ids
    spelling: dict[Hashable, str] = {}
    positions: dict[Hashable, list[int]] = {}
    for sample in samples:
        # A sample that repeats itself does not vote twice: only its first mention has a position.
        distinct: dict[Hashable, str] = {}
        for descriptor in sample:
            distinct.setdefault(same(descriptor), descriptor)
        for position, (key, descriptor) in enumerate(distinct.items()):
            spelling.setdefault(key, descriptor)
            positions.setdefault(key, []).append(position)
    # Sorting is stable, so what is left equal stays in the order of first appearance.
    ordered = sorted(
        spelling, key=lambda ids: (-len(positions[ids]), sum(positions[ids]) / len(positions[ids]))
    )
    return {spelling[ids]: len(positions[ids]) for ids in ordered}


def _ids(descriptor: str) -> tuple[int, ...]:
    return tuple(token_ids(descriptor))
