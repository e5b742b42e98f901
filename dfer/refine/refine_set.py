"""A stored set refined: the loop with a real author, a store for its candidates, and validation clips."""

from sqlite_utils import Database

from description_store.annotations import add_note
from description_store.records import DescriptionSet
from dfer.class_sets import ClassSet
from dfer.describe.children import own_words
from dfer.describe.collected import Manner, OnEvent, no_event
from dfer.describe.planning import Questions
from dfer.describe.templates import PromptTemplate
from dfer.refine.candidate_set import fits, save_candidate
from dfer.refine.candidate_words import CandidateWords, candidate_words
from dfer.refine.confusions import Confusion
from dfer.refine.questions import Asked, ask, check_prompt
from dfer.refine.refining import Limits, OnRound, Refinement, Score, Step, refine


def refine_set(
    db: Database,
    start: DescriptionSet,
    class_set: ClassSet,
    *,
    score: Score,
    questions: Questions,
    template: PromptTemplate,
    limits: Limits,
    where: str,
    context_tokens: int = 0,
    only_english: bool = True,
    manner: Manner,
    on_event: OnEvent = no_event,
    on_round: OnRound = lambda steps: None,
) -> Refinement:
    """Refine `start`, a stored set of `class_set`.

    Every candidate is a version, with its reason, and with a note of what it scored.

    `questions` say of whom and how is asked; what is asked is the template's. `where` says of which clips the
    reasons speak ("validation clips of r3"). `context_tokens` are the recipe's, for which texts leave room.

    Raises:
        UsageError, ContentError: as `check_prompt`; and what `score` raises of `start`.
    """
    check_prompt(template, questions)
    emotions = {emotion.name: emotion for emotion in class_set.classes}

    def asked(confusion: Confusion) -> Asked:
        return ask(
            db,
            questions,
            template,
            emotions[confusion.class_name],
            emotions[confusion.taken_for],
            only_english=only_english,
            manner=manner,
            on_event=on_event,
        )

    def words(parent: DescriptionSet, confusion: Confusion, asked: Asked) -> tuple[CandidateWords, ...]:
        emotion = emotions[confusion.class_name]
        return candidate_words(
            own_words(parent, class_set)[emotion.name].descriptors,
            asked.words.descriptors if asked.words else (),
            emotion=emotion,
            other=emotions[confusion.taken_for],
            fits=fits(parent, emotion, context_tokens=context_tokens),
        )

    def save(
        parent: DescriptionSet, confusion: Confusion, asked: Asked, words: CandidateWords
    ) -> DescriptionSet:
        return save_candidate(
            db,
            parent,
            class_set,
            words=words,
            confusion=confusion,
            asked=asked,
            template=template,
            reason=f"{confusion} {where}",
        )

    def decided(steps: list[Step]) -> None:
        for step in steps:
            if step.candidate is not None:
                add_note(db, step.candidate.version, f"refine: {_outcome(step, where)}")
        on_round(steps)

    return refine(
        start,
        score=score,
        ask=asked,
        words=words,
        save=save,
        limits=limits,
        changeable=tuple(own_words(start, class_set)),
        on_round=decided,
    )


def _outcome(step: Step, where: str) -> str:
    if step.uar_after is None:
        return f"not scored: {step.problem}"
    said = f"UAR {100 * step.uar_before:.1f} → {100 * step.uar_after:.1f} on the {where}"
    return f"{said}, {'kept' if step.kept else 'not kept'}"
