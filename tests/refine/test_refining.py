"""The loop, with the real offline author and a real store; and on real clips with a real, untrained CLIP."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store.lineage import ancestors
from description_store.records import DescriptionSet
from description_store.sets import count_sets, load_set
from dfer.class_sets import ClassSet, EmotionClass
from dfer.clips.folds import select_fold
from dfer.describe.children import child_of, save_child
from dfer.describe.clip_tokens import count_tokens
from dfer.describe.collected import Manner
from dfer.describe.compiling import ClassWords
from dfer.describe.deriving import compounded
from dfer.describe.describing import describe
from dfer.describe.planning import Questions, plan_questions
from dfer.describe.rendering import join
from dfer.describe.templates import load_template
from dfer.errors import ContentError, ProviderError
from dfer.refine.candidate_set import fits
from dfer.refine.confusions import ValidationScores, worst_confusions
from dfer.refine.questions import Calls
from dfer.refine.refine_set import refine_set
from dfer.refine.refining import Limits, OnRound, Refinement, Score, Step
from dfer.refine.validation import Validation
from dfer.training.data_source import DataSource
from dfer.training.preparing import prepare
from dfer.training.running import Machine, run_evaluation
from tests.refine.conftest import DFEW, offline_author

WHERE = "validation clips of r1"
MACHINE = Machine(accelerator="cpu")


def reader(found: DescriptionSet) -> ValidationScores:
    """Scores as of a CLIP that reads: a class with a name for its words is taken for the next class by nine
    of its ten clips; with real words by one clip less for each of them."""
    names = found.class_names
    matrix = []
    for place, d in enumerate(found.descriptions):
        real = [text for text in d.descriptors if text != d.class_name]
        wrong = max(0, 9 - len(real))
        row = [0] * len(names)
        row[place] = 10 - wrong
        row[(place + 1) % len(names)] += wrong
        matrix.append(tuple(row))
    uar = sum(row[place] / 10 for place, row in enumerate(matrix)) / len(names)
    return ValidationScores(classes=names, uar=uar, confusion=tuple(matrix))


def refined(
    db: Database,
    start: DescriptionSet,
    *,
    class_set: ClassSet = DFEW,
    score: Score = reader,
    questions: Questions | None = None,
    on_round: OnRound = lambda steps: None,
    **limits,
) -> Refinement:
    return refine_set(
        db,
        start,
        class_set,
        score=score,
        questions=questions or offline_author(),
        template=load_template("distinguish"),
        limits=Limits(**limits),
        where=WHERE,
        manner=Manner(),
        on_round=on_round,
    )


def test_from_names_every_class_gets_words_that_score_better(db: Database, names: DescriptionSet) -> None:
    found = refined(db, names)
    assert found.end == "confusions"
    assert found.after.uar > found.before.uar == pytest.approx(0.1)
    assert found.after == reader(found.best)
    for d in found.best.descriptions:
        assert d.class_name not in d.descriptors
    kept = [step for step in found.steps if step.kept]
    assert [step.uar_before for step in kept[1:]] == [step.uar_after for step in kept[:-1]]
    assert all(step.uar_after > step.uar_before for step in kept)
    assert kept[-1].candidate == found.best


def test_every_candidate_is_a_stored_child_with_its_reason_and_what_it_scored(
    db: Database, names: DescriptionSet
) -> None:
    before = count_sets(db)
    found = refined(db, names, rounds=4)
    candidates = [step.candidate for step in found.steps if step.candidate]
    assert count_sets(db) == before + len(candidates)
    for step in found.steps:
        assert step.candidate is not None
        stored = load_set(db, step.candidate.version)
        provenance = stored.provenance
        assert provenance.parent_hash == step.parent.hash
        assert (provenance.kind, provenance.model, provenance.prompt) == (
            "edit",
            "builtin/facs",
            "distinguish",
        )
        assert provenance.control is None  # of a names control, the words that are real are no control's
        assert provenance.change == {
            "refine": {
                "class": step.confusion.class_name,
                "taken_for": step.confusion.taken_for,
                "how": step.how,
                "reason": f"{step.confusion} {WHERE}",
            }
        }
        assert stored.note == f"{step.confusion} {WHERE}"
        assert stored.notes[-1].endswith("kept" if step.kept else "not kept")
        changed = [d for d in stored.descriptions if d.text != step.parent.texts[d.class_name]]
        assert [d.class_name for d in changed] == [step.confusion.class_name]
        assert changed[0].parse_ids
    assert [one.version for one in ancestors(db, found.best.version)][-1] == names.version


def test_the_same_call_again_asks_nothing_and_makes_no_set(db: Database, names: DescriptionSet) -> None:
    first = refined(db, names, calls=5)
    sets = count_sets(db)
    second = refined(db, names, calls=5)
    assert (first.calls, second.calls) == (Calls(made=5), Calls(cached=5))
    assert second.best == load_set(db, first.best.version)
    assert [replace(step, calls=Calls(), candidate=None, parent=names) for step in second.steps] == [
        replace(step, calls=Calls(), candidate=None, parent=names) for step in first.steps
    ]
    assert count_sets(db) == sets


def test_the_budget_of_calls_and_of_rounds_is_kept(db: Database, names: DescriptionSet) -> None:
    by_calls = refined(db, names, calls=3)
    assert (by_calls.end, by_calls.calls) == ("calls", Calls(made=3))
    by_rounds = refined(db, names, rounds=2)
    assert (by_rounds.end, {step.round for step in by_rounds.steps}) == ("rounds", {1, 2})
    several = refined(db, names, rounds=1, pairs=3)
    assert len({step.confusion.pair for step in several.steps}) == 3
    assert [step.kept for step in several.steps].count(True) == 1
    assert sum((step.calls for step in several.steps), Calls()) == several.calls


def test_what_scores_no_higher_is_not_kept_and_the_next_confusion_is_asked_about(
    db: Database, names: DescriptionSet
) -> None:
    never_better = reader(names)
    found = refined(db, names, score=lambda one: never_better)
    assert found.best == names
    assert not any(step.kept for step in found.steps)
    asked = [step.confusion.pair for step in found.steps]
    assert asked == [one.pair for one in worst_confusions(never_better)]


def test_an_answer_that_brings_nothing_new_is_told_and_does_not_stop_the_loop(
    db: Database, described: DescriptionSet
) -> None:
    found = refined(db, described)
    told = [step for step in found.steps if step.candidate is None]
    assert told
    assert {step.problem for step in told} == {"the answer says nothing new"}
    assert found.end == "confusions"


def test_a_candidate_that_cannot_be_scored_is_kept_in_the_store_and_passed_over(
    db: Database, names: DescriptionSet
) -> None:
    def no_room_for_anger(found: DescriptionSet) -> ValidationScores:
        if found.texts["anger"] != "anger.":
            raise ContentError("anger: 80 tokens, but there is room for 67")
        return reader(found)

    found = refined(db, names, score=no_room_for_anger)
    (passed,) = [step for step in found.steps if step.uar_after is None][:1]
    assert passed.candidate is not None
    assert "room for 67" in passed.problem
    assert load_set(db, passed.candidate.version).notes[-1].startswith("refine: not scored")
    assert found.best.texts["anger"] == "anger."
    assert found.after.uar > found.before.uar


def breaking_off(after: int, error: BaseException) -> Score:
    """Scores so many sets, then fails."""
    scored = Counter[str]()

    def score(found: DescriptionSet) -> ValidationScores:
        scored["sets"] += 1
        if scored["sets"] > after:
            raise error
        return reader(found)

    return score


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), ProviderError("gone"), RuntimeError("out of memory")], ids=repr
)
def test_what_was_found_before_it_broke_off_is_kept(
    db: Database, names: DescriptionSet, error: KeyboardInterrupt | Exception
) -> None:
    before = count_sets(db)
    found = refined(db, names, score=breaking_off(3, error))
    assert (found.end, found.failure) == ("failure", error)
    assert found.after.uar > found.before.uar
    assert found.best == load_set(db, found.best.version).model_copy(update={"notes": found.best.notes})
    assert count_sets(db) == before + 3  # the one that was not scored too


def test_ctrl_c_or_a_full_disk_where_rounds_are_told_ends_the_loop_and_not_its_result(
    db: Database, names: DescriptionSet
) -> None:
    for error in (KeyboardInterrupt(), OSError(28, "No space left on device")):

        def tell(steps: list[Step], error: BaseException = error) -> None:
            if len({step.round for step in steps} & {2}):
                raise error

        found = refined(db, names, on_round=tell)
        assert (found.end, found.failure) == ("failure", error)
        assert {step.round for step in found.steps} == {1, 2}
        assert found.after.uar > found.before.uar


def test_a_class_that_the_author_does_not_know_is_told_and_passed_over(
    db: Database, names: DescriptionSet
) -> None:
    classes = ClassSet(name="own", classes=tuple(EmotionClass(name=n) for n in ("boredom", "fear", "anger")))
    words = {name: ClassWords(descriptors=(name,)) for name in classes.names}
    start, _ = save_child(db, names, child_of(names, classes, words, change={"edit": []}), classes)
    found = refined(db, start, class_set=classes, questions=replace(offline_author(), class_set=classes))
    unheard = [step for step in found.steps if "boredom" in step.confusion.pair]
    assert unheard
    assert all(step.candidate is None and "finds no emotion" in step.problem for step in unheard)
    assert found.best.texts["boredom"] == "boredom."
    assert found.best.texts["fear"] != "fear."


def test_a_class_made_of_parts_has_no_words_of_its_own_to_refine(db: Database) -> None:
    single = ClassSet(name="three", classes=tuple(EmotionClass(name=n) for n in ("anger", "disgust", "fear")))
    mixed = ClassSet(
        name="four", classes=(*single.classes, EmotionClass(name="rage", components=("anger", "disgust")))
    )
    questions = plan_questions(single, load_template("dfer-clip"), model="builtin/facs")
    start = describe(db, questions).description_set
    compound = compounded(start, mixed, how="concatenate")
    saved, _ = save_child(db, start, compound, mixed)
    found = refine_set(
        db,
        saved,
        mixed,
        score=reader,
        questions=plan_questions(mixed, load_template("dfer-clip"), model="builtin/facs"),
        template=load_template("distinguish"),
        limits=Limits(),
        where=WHERE,
        manner=Manner(),
    )
    assert found.steps
    assert all(step.confusion.class_name != "rage" for step in found.steps)


def test_words_leave_room_for_the_context_of_the_recipe_and_of_the_set(names: DescriptionSet) -> None:
    anger = DFEW.classes[DFEW.names.index("anger")]
    words = ["lips"] * 33  # and 32 commas or "and", and a full stop
    assert count_tokens(join(words)) == 67
    assert names.context_tokens == 8
    assert fits(names, anger, context_tokens=4)(words)
    assert not fits(names, anger, context_tokens=16)(words)
    assert not fits(names.model_copy(update={"context_tokens": 16}), anger, context_tokens=4)(words)


# On clips.


def validation(found: DescriptionSet, world: Path, **settings: object) -> Validation:
    prepared = prepare(
        found,
        DataSource(dataset="csv", data=world),
        recipe="zero-shot",
        overrides={"frames": 2} | settings,
        architecture="tiny",
        pretrained=None,
        fold=1,
        seed=0,
        selection="best-val",
    )
    return Validation(prepared=prepared, machine=MACHINE)


def test_scores_are_those_of_an_evaluation_of_the_validation_clips(
    db: Database, names: DescriptionSet, described: DescriptionSet, world: Path
) -> None:
    val = validation(names, world)
    for found in (names, described, names):
        scores = val.score(found)
        prepared = validation(found, world).prepared
        clips = prepared.clips
        prepared = replace(prepared, clips=replace(clips, val=(), test=clips.val))
        run, _ = run_evaluation(db, prepared, set_version=found.version, machine=MACHINE, again=True)
        assert (scores.uar, scores.confusion, scores.classes) == (run.uar, run.confusion, found.class_names)
    assert sum(val.clips_of.values()) == val.score(names).clips == 21


def test_a_sentence_around_the_words_takes_room_from_them(names: DescriptionSet, world: Path) -> None:
    assert validation(names, world).context_tokens == 0
    sentence = "a photo of a face with {}, as it is seen in a film"
    around = validation(names, world, templates=["{}", sentence]).context_tokens
    assert around == count_tokens(sentence.replace("{}", "")) == 14
    anger = DFEW.classes[DFEW.names.index("anger")]
    longest = ["lips"] * 33
    assert fits(names, anger, context_tokens=0)(longest)
    assert not fits(names, anger, context_tokens=around)(longest)


def test_test_clips_are_never_read(
    db: Database, names: DescriptionSet, world: Path, without_test_clips: Callable[[Path], Path]
) -> None:
    there, gone = validation(names, world), validation(names, without_test_clips(world))
    whole = refined(db, names, score=there.score, rounds=3)
    blind = refined(db, names, score=gone.score, rounds=3)
    assert blind.before == whole.before
    assert blind.best.hash == whole.best.hash
    assert [step.uar_after for step in blind.steps] == [step.uar_after for step in whole.steps]


@pytest.fixture
def without_test_clips(tmp_path: Path) -> Callable[[Path], Path]:
    """The same clips, but every frame of a test clip is no picture."""

    def copied(world: Path) -> Path:
        clips = DataSource(dataset="csv", data=world).read(DFEW.names).clips
        tested = {clip.path for clip in select_fold(clips, 1).test}
        for clip in clips:
            own = tmp_path / "copy" / clip.path.relative_to(world.parent)
            own.mkdir(parents=True)
            for frame in clip.path.iterdir():
                (own / frame.name).write_bytes(b"gone" if clip.path in tested else frame.read_bytes())
        assert tested
        listed = tmp_path / "copy" / world.name
        listed.write_bytes(world.read_bytes())
        return listed

    return copied


def test_the_tiny_clip_refines_too_and_its_scores_hold_when_they_are_computed_anew(
    db: Database, names: DescriptionSet, world: Path
) -> None:
    found = refined(db, names, score=validation(names, world).score, rounds=8)
    kept = [step.uar_after for step in found.steps if step.kept]
    assert kept == sorted(set(kept))
    assert found.after.uar == max([found.before.uar, *(s.uar_after or 0 for s in found.steps)])
    assert validation(found.best, world).score(found.best) == found.after
