"""In which order, and how often, an epoch sees its clips."""

import random
from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler

from dfer.clips.settings import Balance


class EpochOrder(Sampler[int]):
    """The order of one epoch; depends on labels, seed and epoch alone.

    A clip that is seen again within an epoch comes as its index plus a multiple of the number of clips, so
    that `ClipDataset` can augment it differently each time.
    """

    def __init__(self, labels: Sequence[int], *, balance: Balance, seed: int, epoch: int) -> None:
        self._order = epoch_order(labels, balance=balance, seed=seed, epoch=epoch)

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[int]:
        return iter(self._order)


def epoch_order(labels: Sequence[int], *, balance: Balance, seed: int, epoch: int) -> list[int]:
    """Indices into `labels`; of a repeated one, the k-th repetition has k × len(labels) added.

    none: each clip once. oversample: each once, and clips of rarer classes again, drawn with replacement,
    until every class is as frequent as the most frequent (as imblearn's RandomOverSampler, EmoCLIP's
    `--resample`, but drawn anew in each epoch). class-balanced: as many clips as there are, each of a class
    drawn with equal chances; within a class, clips take turns.
    """
    key = seed * 1_000_003 + epoch
    if balance == "none":
        return torch.randperm(len(labels), generator=torch.Generator().manual_seed(key)).tolist()
    members: dict[int, list[int]] = {}
    for index, label in enumerate(labels):
        members.setdefault(label, []).append(index)
    rng = random.Random(f"{balance}/{key}")
    if balance == "oversample":
        largest = max(map(len, members.values()))
        chosen = [*range(len(labels))]
        for label in sorted(members):
            chosen += rng.choices(members[label], k=largest - len(members[label]))
        rng.shuffle(chosen)
    else:
        drawn = rng.choices(sorted(members), k=len(labels))
        turns = {label: _in_turns(members[label], rng) for label in sorted(members)}
        chosen = [next(turns[label]) for label in drawn]
    return _numbered(chosen, len(labels))


def _in_turns(members: Sequence[int], rng: random.Random) -> Iterator[int]:
    while True:
        yield from rng.sample(members, len(members))


def _numbered(chosen: Sequence[int], clips: int) -> list[int]:
    seen: dict[int, int] = {}
    numbered = []
    for index in chosen:
        times = seen.get(index, 0)
        numbered.append(index + times * clips)
        seen[index] = times + 1
    return numbered
