"""How words were refined, for people and for scripts."""

from typing import TYPE_CHECKING, Any

from . import output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfer.refine.questions import Calls
    from dfer.refine.refining import Refinement, Step

_ENDS = {
    "rounds": "the rounds are used up (--rounds)",
    "calls": "the calls are used up (--max-calls)",
    "confusions": "every confusion that is left was asked about",
    "failure": "it broke off",
}


def refinement_as_json(refined: "Refinement", *, run: str | None) -> dict[str, Any]:
    return {
        "start": refined.start.name,
        "best": refined.best.name,
        "best_hash": refined.best.hash,
        "run": run,
        "uar_before": refined.before.uar,
        "uar_after": refined.after.uar,
        "rounds": [
            {
                "round": step.round,
                "parent": step.parent.name,
                "pair": list(step.confusion.pair),
                "clips": step.confusion.clips,
                "clips_of": step.confusion.clips_of,
                "question": step.question,
                "candidate": None if step.candidate is None else step.candidate.name,
                "how": step.how,
                "uar_before": step.uar_before,
                "uar_after": step.uar_after,
                "kept": step.kept,
                "reason": step.problem or (step.candidate.note if step.candidate else ""),
                "calls": _calls(step.calls),
            }
            for step in refined.steps
        ],
        "end": refined.end,
        "calls": _calls(refined.calls),
        "val_clips": refined.before.clips,
    }


def _calls(calls: "Calls") -> dict[str, int]:
    return {"cached": calls.cached, "made": calls.made, "failed": calls.failed}


def print_round(steps: "Sequence[Step]", *, quiet: bool) -> None:
    """As it goes on."""
    for step in steps:
        output.note(f"round {step.round}: {step.confusion} · {_outcome(step)}", quiet=quiet)


def _outcome(step: "Step") -> str:
    if step.candidate is None or step.uar_after is None:
        return step.problem
    return (
        f"{step.candidate.name}, {step.how}: UAR {_tenths(step.uar_before)} → {_tenths(step.uar_after)}"
        f"{', kept' if step.kept else ''}"
    )


def print_refinement(refined: "Refinement") -> None:
    """What was kept, and which set is the best."""
    output.print_table(
        ["round", "set", "made of", "UAR", "because"],
        [
            ["", refined.start.name, "", _tenths(refined.before.uar), ""],
            *(
                [
                    str(step.round),
                    step.candidate.name,
                    step.parent.name,
                    _tenths(step.uar_after),
                    f"{step.confusion} clips ({step.how})",
                ]
                for step in refined.steps
                if step.kept and step.candidate is not None and step.uar_after is not None
            ),
        ],
        right=["round", "UAR"],
    )
    calls = refined.calls
    output.say(
        f"{refined.best.name} is the best of {output.count_of(_sets(refined), 'set')}: UAR "
        f"{_tenths(refined.before.uar)} → {_tenths(refined.after.uar)} on "
        f"{output.count_of(refined.before.clips, 'validation clip')} ({refined.start.name} → "
        f"{refined.best.name}) · {calls.cached} cached · {calls.made} asked · {calls.failed} failed"
    )


def caution(refined: "Refinement", *, run: str | None, quiet: bool) -> None:
    """Why it ended, and how little the gain says."""
    if refined.end is not None:
        output.note(f"ended: {_ENDS[refined.end]}", quiet=quiet)
    if refined.best.version == refined.start.version:
        output.note(f"nothing scored higher than {refined.start.name}", quiet=quiet)
        return
    start, best = refined.start.name, refined.best.name
    by = f" --run {run}" if run else ""
    output.note(
        f"{best} was chosen by these clips, so that its gain on them is optimistic; test it on clips that it "
        f"has not seen   next: dfer evaluate -d {best}{by} …   dfer evaluate -d {start}{by} …   "
        f"dfer compare {start} {best}",
        quiet=quiet,
    )


def _sets(refined: "Refinement") -> int:
    candidates = {step.candidate.version for step in refined.steps if step.candidate is not None}
    return len(candidates | {refined.start.version})


def _tenths(fraction: float) -> str:
    """Percentage points; clips for validation are too few for hundredths."""
    return f"{100 * fraction:.1f}"
