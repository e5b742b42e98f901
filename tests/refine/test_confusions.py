"""Which confusions are asked about: those that cost most recall."""

from hypothesis import given
from hypothesis import strategies as st

from dfer.refine.confusions import ValidationScores, worst_confusions

CLASSES = ("anger", "disgust", "fear")
Matrix = tuple[tuple[int, ...], ...]
matrices = st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=3, max_size=3).map(tuple)


def scores(confusion: Matrix) -> ValidationScores:
    return ValidationScores(classes=CLASSES, uar=0.5, confusion=confusion)


def test_the_confusions_of_a_rare_class_come_before_more_clips_of_a_frequent_one() -> None:
    worst = worst_confusions(scores(((60, 40, 0), (0, 5, 0), (1, 0, 1))))
    assert [(one.pair, one.clips, one.clips_of) for one in worst] == [
        (("fear", "anger"), 1, 2),
        (("anger", "disgust"), 40, 100),
    ]
    assert str(worst[1]) == "anger taken for disgust in 40 of 100"


def test_as_much_recall_lost_by_more_clips_comes_first() -> None:
    worst = worst_confusions(scores(((1, 1, 0), (0, 3, 3), (0, 0, 1))))
    assert [one.pair for one in worst] == [("disgust", "fear"), ("anger", "disgust")]


def test_classes_whose_words_cannot_be_changed_are_left_out() -> None:
    worst = worst_confusions(scores(((1, 1, 0), (1, 1, 0), (0, 0, 1))), changeable=("disgust",))
    assert [one.pair for one in worst] == [("disgust", "anger")]


@given(matrices)
def test_every_wrong_clip_is_in_one_confusion_and_the_worst_come_first(confusion: Matrix) -> None:
    worst = worst_confusions(scores(confusion))
    wrong = sum(map(sum, confusion)) - sum(confusion[i][i] for i in range(3))
    assert sum(one.clips for one in worst) == wrong
    assert len({one.pair for one in worst}) == len(worst)
    lost = [one.recall_lost for one in worst]
    assert lost == sorted(lost, reverse=True)
    assert scores(confusion).clips == sum(map(sum, confusion))
