"""Description sets compared by their runs, like with like: one protocol, paired by fold and seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from description_store.records import Outcome, Run
from dfer.errors import UsageError
from dfer.experiments.paired_difference import PairedDifference, paired_difference
from dfer.experiments.pairing import OutcomesOf, PairedFold, pair_runs
from dfer.experiments.protocol_differences import protocol_differences
from dfer.experiments.statistics.deviation import deviation, mean_of_groups
from dfer.experiments.statistics.holm import holm
from dfer.models.settings import RECIPES, TrainedSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One set's runs, as fractions: means over folds of the means over seeds; standard deviations over runs.

    The deviation of a single run is None.

    `gain` is over the set's matched `control`, the same words in another place or random ones in their
    stead; both are None where no such set is compared.
    """

    set: str
    runs: int
    uar_mean: float
    uar_std: float | None
    war_mean: float
    war_std: float | None
    control: str | None
    gain: PairedDifference | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """a − b over the runs of the same fold and seed. `p_holm` is adjusted for all pairs of the comparison."""

    a: str
    b: str
    difference: PairedDifference
    p_holm: float | None
    folds: tuple[PairedFold, ...]

    @property
    def is_shown(self) -> bool:
        """Whether a difference in UAR may be claimed."""
        return self.difference.is_shown(self.p_holm)


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherProtocol:
    """A protocol that was left out: how many runs it has, and what is other than in the one compared."""

    runs: int
    differences: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Rows and pairs are over the folds and seeds that all sets have runs of.

    `unmatched` counts other runs, by set. Where no fold and seed is common to all, rows are over each set's
    own runs, pairs over what two have in common, and all are unmatched. `runs` are those that rows are made
    of, by set. `other_protocols` are those left out in which all sets have runs, too, by hash. `trained`:
    whether a run is a training, so that seeds matter.
    """

    protocol: str
    example: Run
    trained: bool
    rows: tuple[Row, ...]
    pairs: tuple[Pair, ...]
    runs: dict[str, tuple[Run, ...]]
    unmatched: dict[str, int]
    other_protocols: dict[str, OtherProtocol]

    @property
    def family(self) -> int:
        """How many pairs p is adjusted for: those that have one."""
        return sum(pair.difference.p is not None for pair in self.pairs)

    @property
    def random_weights(self) -> bool:
        """Of a CLIP that has learned nothing no word means anything."""
        return bool(self.example.specification.get("clip", {}).get("pretrained") == "random")


def compare(
    runs_of: Mapping[str, Sequence[Run]],
    outcomes_of: OutcomesOf,
    *,
    protocol: str | None = None,
    baseline: str | None = None,
    controls: Mapping[str, str] | None = None,
) -> Comparison:
    """A row per set and a paired difference per two sets.

    With a `baseline`, only differences to it, and to matched controls.

    Runs are comparable if all but words, fold and seed is equal: that is their protocol. Of several protocols
    that all sets have runs in, the one of the latest run is taken, unless `protocol` (the beginning of its
    hash) names another. `outcomes_of` reads what a run said of each clip; `controls` names matched controls
    among the sets (`matched_controls`).

    Raises:
        UsageError: a set without finished runs, or no protocol that all sets share.
        ContentError: runs of one fold were tested on different clips.
    """
    finished = {name: latest_of_each(runs) for name, runs in runs_of.items()}
    for name, runs in finished.items():
        if not runs:
            raise UsageError(f"{name} has no finished runs", hint=f"dfer sweep --descriptions {name} …")
    chosen, latest, others = _protocol(finished, protocol)
    trained = is_trained(latest)
    comparable = {n: [run for run in runs if run.protocol_hash == chosen] for n, runs in finished.items()}
    common = set.intersection(*({(run.fold, run.seed) for run in runs} for runs in comparable.values()))
    matched = {n: [r for r in runs if (r.fold, r.seed) in common] for n, runs in comparable.items()}
    used = matched if common else comparable
    known = controls or {}
    if baseline is None:
        of_two = list(combinations(used, 2))
    else:
        of_two = [(name, baseline) for name in used if name != baseline]
        of_two += [(name, control) for name, control in known.items() if control != baseline != name]

    read: dict[int, Sequence[Outcome]] = {}

    def outcomes_once(run: Run) -> Sequence[Outcome]:
        return read[run.id] if run.id in read else read.setdefault(run.id, outcomes_of(run))

    @cache
    def paired(a: str, b: str) -> tuple[tuple[PairedFold, ...], PairedDifference]:
        folds = pair_runs(used[a], used[b], outcomes_once)
        return folds, paired_difference(folds, trained=trained, family=len(of_two))

    rows = []
    for name, runs in used.items():
        control = known.get(name)
        gain = None if control is None else paired(name, control)[1]
        rows.append(_row(name, runs, control, gain))
    return Comparison(
        protocol=chosen,
        example=latest,
        trained=trained,
        rows=tuple(rows),
        pairs=_pairs([(a, b, *paired(a, b)) for a, b in of_two]),
        runs={name: tuple(runs) for name, runs in used.items()},
        unmatched={
            n: len(runs) - len(matched[n]) for n, runs in comparable.items() if len(runs) > len(matched[n])
        },
        other_protocols=others,
    )


def _protocol(
    finished: Mapping[str, Sequence[Run]], asked: str | None
) -> tuple[str, Run, dict[str, OtherProtocol]]:
    """The protocol to compare under, its latest run, and the other shared protocols."""
    shared = set.intersection(*({run.protocol_hash for run in runs} for runs in finished.values()))
    if asked is not None:
        shared = {
            known for known in shared if known.removeprefix("rp1:").startswith(asked.removeprefix("rp1:"))
        }
    if not shared:
        raise UsageError(
            f"{', '.join(finished)} have no runs that differ only in words, fold and seed"
            + ("" if asked is None else f" under a protocol {asked}"),
            hint="train them with the same recipe, settings, data, CLIP and selection: "
            + _what_there_is(finished),
        )
    of_shared = [run for runs in finished.values() for run in runs if run.protocol_hash in shared]
    latest = max(of_shared, key=lambda run: run.id)
    left_out: dict[str, list[Run]] = {}
    for run in of_shared:
        if run.protocol_hash != latest.protocol_hash:
            left_out.setdefault(run.protocol_hash, []).append(run)
    others = {
        protocol: OtherProtocol(runs=len(runs), differences=protocol_differences(latest, runs[0]))
        for protocol, runs in left_out.items()
    }
    return latest.protocol_hash, latest, others


def is_trained(run: Run) -> bool:
    """Whether the run's weights were trained: by itself, or by the run that it evaluates."""
    return isinstance(RECIPES[run.recipe], TrainedSettings)


def latest_of_each(runs: Sequence[Run]) -> list[Run]:
    """Finished runs; of runs that repeat a specification, the latest."""
    return list({run.spec_hash: run for run in runs if run.status == "finished"}.values())


def _row(name: str, runs: Sequence[Run], control: str | None, gain: PairedDifference | None) -> Row:
    uar, war = [_figure(run.uar) for run in runs], [_figure(run.war) for run in runs]
    folds = [run.fold for run in runs]
    return Row(
        set=name,
        runs=len(runs),
        uar_mean=mean_of_groups(uar, folds),
        uar_std=deviation(uar),
        war_mean=mean_of_groups(war, folds),
        war_std=deviation(war),
        control=control,
        gain=gain,
    )


def _pairs(found: Sequence[tuple[str, str, tuple[PairedFold, ...], PairedDifference]]) -> tuple[Pair, ...]:
    """Holm's correction is over the pairs that have a p at all."""
    tested = [number for number, (*_, difference) in enumerate(found) if difference.p is not None]
    adjusted = dict(zip(tested, holm([found[number][3].p or 0.0 for number in tested]), strict=True))
    return tuple(
        Pair(a=a, b=b, difference=difference, p_holm=adjusted.get(number), folds=folds)
        for number, (a, b, folds, difference) in enumerate(found)
    )


def _figure(value: float | None) -> float:
    assert value is not None, "a finished run has metrics"
    return value


def _what_there_is(finished: Mapping[str, Sequence[Run]]) -> str:
    return "; ".join(
        f"{name}: " + ", ".join(sorted({f"{r.recipe} on {r.dataset}, {r.selection}" for r in runs}))
        for name, runs in finished.items()
    )
