"""Sets in the order of what they score on validation clips, for people and for scripts."""

from typing import TYPE_CHECKING, Any

from . import output
from .set_output import made_how

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from description_store.records import DescriptionSet
    from dfer.experiments.ranking import Interval, Ranking

_MOST_NAMED = 5


def ranking_as_json(ranked: "Ranking", sets: "Mapping[str, DescriptionSet]") -> dict[str, Any]:
    from dfer.describe.clip_tokens import token_budget

    return {
        "recipe": "zero-shot",
        "dataset": ranked.dataset,
        "fold": ranked.fold,
        "clip": dict(ranked.clip),
        "random_weights": ranked.random_weights,
        "validation": {
            "clips": ranked.clips,
            "clips_of": ranked.clips_of,
            "carved_from_training": ranked.carved,
            "tested_in_other_folds": ranked.tested_elsewhere,
        },
        "chance": ranked.chance,
        "stored": False,
        "not_told_from_first": list(ranked.not_told),
        "rows": [
            {
                "set": row.set,
                "hash": sets[row.set].hash,
                "made_by": made_how(sets[row.set].provenance),
                "uar": row.uar,
                "uar_ci": row.interval,
                "war": row.war,
                "behind": 0.0 if row.behind is None else row.behind.uar,
                "behind_ci": None if row.behind is None else row.behind.interval,
                "mean_cosine": round(row.mean_cosine, 6),
                "effective_rank": round(row.effective_rank, 4),
                "longest_tokens": row.longest,
                "budget": token_budget(sets[row.set].context_tokens),
            }
            for row in ranked.rows
        ],
    }


def print_ranking(ranked: "Ranking", sets: "Mapping[str, DescriptionSet]") -> None:
    from dfer.describe.clip_tokens import token_budget

    clip = ranked.clip
    whose = "set aside from the training clips" if ranked.carved else "the data set's own"
    output.say(
        f"zero-shot on {output.count_of(ranked.clips, 'validation clip')} of {ranked.dataset}, fold "
        f"{ranked.fold} ({whose}) · CLIP {clip['architecture']} ({clip['pretrained']}) · chance: UAR "
        f"{_tenths(ranked.chance)}"
    )
    output.print_table(
        ["set", "UAR", "WAR", "behind", "cosine", "rank", "tokens", "made by"],
        [
            [
                row.set,
                _with_interval(row.uar, row.interval),
                _tenths(row.war),
                "" if row.behind is None else _with_interval(row.behind.uar, row.behind.interval),
                f"{row.mean_cosine:.3f}",
                f"{row.effective_rank:.1f}",
                f"{row.longest}/{token_budget(sets[row.set].context_tokens)}",
                made_how(sets[row.set].provenance),
            ]
            for row in ranked.rows
        ],
        right=["UAR", "WAR", "behind", "cosine", "rank", "tokens"],
    )


def _with_interval(fraction: float, interval: "Interval | None") -> str:
    if interval is None:
        return _tenths(fraction)
    low, high = map(_tenths, interval)
    return f"{_tenths(fraction)} ({low}…{high})"


def _tenths(fraction: float) -> str:
    """Percentage points; clips for validation are too few for hundredths."""
    return f"{100 * fraction:.1f}".replace("-0.0", "0.0").replace("-", "−")


def caution(ranked: "Ranking", *, quiet: bool) -> None:
    """How little a rank says."""
    if ranked.random_weights:
        output.warn(
            "this CLIP's weights are random: these numbers mean nothing (choose one that has learned, with "
            "--clip and --pretrained)",
            quiet=quiet,
        )
    if unseen := [name for name, clips in ranked.clips_of.items() if not clips]:
        output.warn(f"without validation clips, so not in the UAR: {', '.join(unseen)}", quiet=quiet)
    if ranked.few:
        few = _some([f"{name} ({ranked.clips_of[name]})" for name in ranked.few])
        output.warn(
            f"few validation clips of {few}: intervals say little, and sets that seem told apart may not be",
            quiet=quiet,
        )
    if ranked.tested_elsewhere:
        output.warn(
            f"{ranked.tested_elsewhere} of these clips are test clips of other folds: what is chosen here "
            "has seen them, so results on those folds are no fresh test of it",
            quiet=quiet,
        )
    first, *others = (row.set for row in ranked.rows)
    if ranked.not_told:
        output.note(f"these clips do not tell {first} from {_some(ranked.not_told)}", quiet=quiet)
    if len(ranked.not_told) < len(others):
        output.note(
            f"{first} is the first of {output.count_of(len(ranked.rows), 'set')} on the same "
            f"{output.count_of(ranked.clips, 'clip')}: partly by luck, the more so the more sets, and no "
            "interval here allows for that",
            quiet=quiet,
        )
    output.note(f"nothing was stored: a rank is no result   next: dfer train -d {first} …", quiet=quiet)


def _some(names: "Sequence[str]") -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
