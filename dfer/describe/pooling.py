"""Several samples of one question, merged into one list: what most of them name comes first."""

from collections.abc import Sequence

from dfer.describe.clip_tokens import token_ids


def pool(samples: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The descriptors of all samples, each once, in the order of `agreement`. Raises as `token_ids`."""
    return tuple(agreement(samples))


def agreement(samples: Sequence[Sequence[str]]) -> dict[str, int]:
    """In how many samples each descriptor occurs; the most frequent first.

    Descriptors that are the same to CLIP are one, spelt as at their first appearance. Those in equally many
    samples are ordered by their mean position in the samples that hold them, then by first appearance.
    Raises ConfigurationError when CLIP's vocabulary cannot be read.
    """
    spelling: dict[tuple[int, ...], str] = {}
    positions: dict[tuple[int, ...], list[int]] = {}
    for sample in samples:
        # A sample that repeats itself does not vote twice: only its first mention has a position.
        distinct: dict[tuple[int, ...], str] = {}
        for descriptor in sample:
            distinct.setdefault(tuple(token_ids(descriptor)), descriptor)
        for position, (ids, descriptor) in enumerate(distinct.items()):
            spelling.setdefault(ids, descriptor)
            positions.setdefault(ids, []).append(position)
    # Sorting is stable, so what is left equal stays in the order of first appearance.
    ordered = sorted(
        spelling, key=lambda ids: (-len(positions[ids]), sum(positions[ids]) / len(positions[ids]))
    )
    return {spelling[ids]: len(positions[ids]) for ids in ordered}
