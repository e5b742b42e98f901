"""The loop: ask about the worst confusions, try the answers, keep what scores best on validation clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from description_store.records import DescriptionSet
from dfer.errors import ContentError
from dfer.refine.candidate_words import CandidateWords, How
from dfer.refine.confusions import Confusion, ValidationScores, worst_confusions
from dfer.refine.questions import Asked, Calls

Score = Callable[[DescriptionSet], ValidationScores]
Ask = Callable[[Confusion], Asked]
Words = Callable[[DescriptionSet, Confusion, Asked], tuple[CandidateWords, ...]]
"""What can be tried in a set, the fewest changes first."""
Save = Callable[[DescriptionSet, Confusion, Asked, CandidateWords], DescriptionSet]
"""A candidate as a stored version. Raises ContentError where it can be none."""

End = Literal["rounds", "calls", "confusions", "failure"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """`rounds` at most, each with questions about so many `pairs`; `calls` answers in all.

    Answers from the cache count: the same call is the same loop, whether it has to pay or not.
    """

    rounds: int = 15
    pairs: int = 1
    calls: int = 20
    samples: int = 1
    """Answers to one question."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A candidate, or a question that led to none, or to one without a score: then `problem` says why.

    UARs are fractions: the parent's, and the candidate's own. `calls` are those of the question, with its
    first candidate.
    """

    round: int
    parent: DescriptionSet
    confusion: Confusion
    question: str
    calls: Calls
    uar_before: float
    how: How | None = None
    candidate: DescriptionSet | None = None
    uar_after: float | None = None
    kept: bool = False
    problem: str = ""


@dataclass(kw_only=True, slots=True)
class Refinement:
    """What a loop came to, or had come to when it failed: `failure` is why, to be raised again."""

    start: DescriptionSet
    before: ValidationScores
    best: DescriptionSet
    after: ValidationScores
    steps: list[Step] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)
    end: End | None = None
    failure: Exception | KeyboardInterrupt | None = None


OnRound = Callable[[list[Step]], None]


@dataclass(frozen=True, slots=True)
class _Tried:
    confusion: Confusion
    asked: Asked
    calls: Calls
    changes: int = 0
    how: How | None = None
    candidate: DescriptionSet | None = None
    scores: ValidationScores | None = None
    problem: str = ""


def refine(
    start: DescriptionSet,
    *,
    score: Score,
    ask: Ask,
    words: Words,
    save: Save,
    limits: Limits,
    changeable: tuple[str, ...],
    on_round: OnRound = lambda steps: None,
) -> Refinement:
    """Climb from `start`: a round asks about the worst confusions of the best set so far and tries the
    answers; the best candidate takes its place if its UAR is higher, by however little.

    With equal UARs the one with fewer changes wins, the parent before all. What led to nothing is not tried
    again before another set is the best. `changeable`: the classes that have words of their own.

    Whatever fails, and Ctrl-C, ends the loop; what was found until then is returned with the failure. Raises
    only what `score` raises of `start`.
    """
    before = score(start)
    found = Refinement(start=start, before=before, best=start, after=before)
    climb = _Climb(found, score, ask, words, save, limits, changeable)
    while found.end is None:
        tried: list[_Tried] = []
        try:
            try:
                climb.try_a_round(tried)
            finally:  # of a round that breaks off, too
                on_round(climb.decide(tried))
        except (Exception, KeyboardInterrupt) as failure:
            found.end, found.failure = "failure", failure
    return found


@dataclass(slots=True)
class _Climb:
    """One loop: what was answered, and what led to nothing since the best set last changed."""

    found: Refinement
    score: Score
    ask: Ask
    words: Words
    save: Save
    limits: Limits
    changeable: tuple[str, ...]
    round: int = 0
    answers: dict[tuple[str, str], Asked] = field(default_factory=dict)
    fruitless: set[tuple[str, str]] = field(default_factory=set)

    def try_a_round(self, tried: list[_Tried]) -> None:
        """Candidates for the worst confusions, into `tried`; says where there is nothing left to try."""
        self.round += 1
        if self.round > self.limits.rounds:
            self.found.end = "rounds"
            return
        asked_about = 0
        too_dear = False
        for confusion in worst_confusions(self.found.after, changeable=self.changeable):
            if asked_about == self.limits.pairs:
                return
            if confusion.pair in self.fruitless:
                continue
            is_new = confusion.pair not in self.answers
            if is_new and not self.may_ask:
                too_dear = True
                continue
            if is_new:
                self.answers[confusion.pair] = self.answer(confusion)
            self.fruitless.add(confusion.pair)
            before = len(tried)
            self.try_answer(confusion, self.answers[confusion.pair], is_new, tried)
            asked_about += len(tried) > before
        if not tried:
            self.found.end = "calls" if too_dear else "confusions"

    @property
    def may_ask(self) -> bool:
        calls = self.found.calls
        return calls.cached + calls.made + self.limits.samples <= self.limits.calls

    def answer(self, confusion: Confusion) -> Asked:
        asked = self.ask(confusion)
        self.found.calls += asked.calls
        if asked.failure is not None:
            raise asked.failure
        return asked

    def try_answer(self, confusion: Confusion, asked: Asked, is_new: bool, tried: list[_Tried]) -> None:
        """Its candidates, each stored before it is scored. A new answer that leads to none is told too."""
        best = self.found.best
        calls = asked.calls if is_new else Calls()
        problem = asked.problem or "the answer says nothing new"
        before = len(tried)
        for one in self.words(best, confusion, asked) if asked.words else ():
            try:
                candidate = self.save(best, confusion, asked, one)
            except ContentError as error:
                problem = error.message
                continue
            scores, unfit = None, ""
            try:
                scores = self.score(candidate)
            except ContentError as error:  # the recipe's texts leave less room than the set's, say
                unfit = error.message
            tried.append(_Tried(confusion, asked, calls, one.changes, one.how, candidate, scores, unfit))
            calls = Calls()
        if is_new and len(tried) == before:
            tried.append(_Tried(confusion, asked, calls, problem=problem))

    def decide(self, tried: Sequence[_Tried]) -> list[Step]:
        """The best candidate takes the place of what was the best, if it is better."""
        found = self.found
        best_first = sorted(
            ((one.candidate, one.scores, one) for one in tried if one.candidate and one.scores),
            # Sums of fractions that are equal on paper may differ in their last bit.
            key=lambda own: (-round(own[1].uar, 9), own[2].changes),
        )
        winner = best_first[0] if best_first else None
        if winner and round(winner[1].uar, 9) <= round(found.after.uar, 9):
            winner = None
        steps = [
            Step(
                round=self.round,
                parent=found.best,
                confusion=one.confusion,
                question=one.asked.question,
                calls=one.calls,
                uar_before=found.after.uar,
                how=one.how,
                candidate=one.candidate,
                uar_after=one.scores.uar if one.scores else None,
                kept=winner is not None and one is winner[2],
                problem=one.problem,
            )
            for one in tried
        ]
        found.steps += steps
        if winner is not None:
            found.best, found.after, _ = winner
            self.fruitless.clear()
        return steps
