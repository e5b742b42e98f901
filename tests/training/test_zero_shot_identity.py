"""Zero-shot runs that were there before ensembles stay what they were; words that do not fit make none."""

from pathlib import Path

import pytest
from sqlite_utils import Database

from description_store.records import DescriptionSet, Run
from description_store.runs import list_runs, save_run
from dfer.errors import ContentError
from dfer.models.settings import recipe_settings
from dfer.training.running import Machine, run_evaluation
from dfer.training.specification import RunSpecification
from tests.training.conftest import prepared_run

BEFORE = RunSpecification(
    set="v1",
    set_hash="ds1:a",
    classes=("anger", "fear"),
    texts=("a.", "b."),
    recipe="zero-shot",
    settings={"frames": 16, "pixel_normalisation": "clip", "temperature": 0.01},
    clip={"architecture": "tiny"},
    dataset="csv",
    data_fingerprint="data1:a",
    fold=1,
    seed=0,
    selection="last",
    augmentation="none",
    precision="fp32",
)
"""As the first release stored it."""


@pytest.mark.parametrize(
    "said", [{}, {"templates": ["{}"]}, {"templates": "{}"}, {"frame_ensemble": "mean"}], ids=str
)
def test_a_run_without_ensembles_has_the_hash_of_runs_from_before_there_were_any(said: dict) -> None:
    now = BEFORE.model_copy(update={"settings": recipe_settings("zero-shot", said).model_dump(mode="json")})
    assert now.settings.keys() > BEFORE.settings.keys()
    assert now.hash == BEFORE.hash
    assert now.hash == "rs1:65aedbdf2c26f7c6428c0ae50198bfa4ef8f466be6572343d02bf6b9a6b0f2d9"
    assert now.protocol_hash == "rp1:a40a0c4101ecf3222adaf2a95b34176a013fbc78c0cff182df481ae34440252d"


def test_a_run_from_before_is_found_again_and_not_made_anew(
    db: Database, described: DescriptionSet, world: Path
) -> None:
    def run(**settings: object) -> tuple[Run, bool]:
        prepared = prepared_run(described, world, recipe="zero-shot", frames=1, **settings)
        return run_evaluation(db, prepared, set_version=1, machine=Machine(accelerator="cpu"))

    made, _ = run(templates=["a face with {}"])
    settings = {name: made.specification["settings"][name] for name in BEFORE.settings}
    specification = made.specification | {"settings": settings}
    spec_hash = RunSpecification.model_validate(specification).hash
    before = save_run(db, made.model_copy(update={"specification": specification, "spec_hash": spec_hash}))
    assert run() == (before, False)
    assert run(templates=["a face with {}"]) == (made, False)


def test_a_text_that_does_not_fit_into_a_template_is_found_before_anything_is_computed(
    db: Database, described: DescriptionSet, world: Path
) -> None:
    """No run begins, so that none is stored as failed."""
    long = "a " * 70 + "{}"
    with pytest.raises(ContentError) as caught:
        prepared_run(described, world, recipe="zero-shot", templates=["{}", long])
    assert caught.value.message.startswith(f"class 'happiness', template '{long}': the description takes 89 ")
    assert list_runs(db) == []
