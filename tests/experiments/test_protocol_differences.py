"""Which of several protocols is which."""

from dfer.experiments.protocol_differences import protocol_differences
from tests.experiments.made_runs import Runs


def specification(**changes: object) -> dict[str, object]:
    settings = {"epochs": 50, "temperature": 0.01} | dict(changes.pop("settings", {}))
    fields = {"recipe": "dfer-clip", "selection": "last", "clip": {"architecture": "ViT-B-32"}, "fold": 1}
    return {"classes": ["anger", "fear", "joy"], "settings": settings} | fields | changes


def told(one: dict[str, object], other: dict[str, object]) -> str:
    made = Runs()
    runs = [
        made.add(name, [0], [0], specification=spec, recipe=spec["recipe"])
        for name, spec in (("v1", one), ("v2", other))
    ]
    return protocol_differences(*runs)


def test_what_is_other_is_told_by_its_name_and_value() -> None:
    other = specification(settings={"temperature": 0.05}, clip={"architecture": "ViT-L-14"})
    assert told(specification(), other) == "temperature 0.05, clip.architecture ViT-L-14"


def test_what_an_earlier_run_did_without_saying_so_is_no_difference() -> None:
    later = specification(
        settings={"label_smoothing": 0.0, "templates": ["{}"]}, clip_reader=1, pack=None, trained_on=None
    )
    assert told(specification(), later) == told(later, specification()) == ""
    smoothed = specification(settings={"label_smoothing": 0.1}, clip_reader=2)
    assert told(specification(), smoothed) == "clip_reader 2, label_smoothing 0.1"
    assert told(smoothed, specification()) == "clip_reader 1, label_smoothing 0.0"


def test_weights_of_another_run_are_a_difference_either_way() -> None:
    own, anothers = specification(trained_by=None), specification(trained_by="rp1:a ds1:b")
    assert told(own, anothers) == "trained_by rp1:a ds1:b"
    assert told(anothers, own) == "trained_by None"


def test_words_fold_and_seed_are_no_difference_of_protocols() -> None:
    assert told(specification(), specification(fold=2, seed=7, texts=["a"])) == ""


def test_of_another_recipe_not_every_setting_is_told() -> None:
    other = specification(recipe="coop", settings={"epochs": 20, "temperature": 0.05})
    assert told(specification(), other) == "epochs 20, recipe coop"
