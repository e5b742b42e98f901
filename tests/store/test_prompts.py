"""Prompts in the store: found by their hash, listed with the sets that they made."""

from pathlib import Path

import pytest

from description_store.database import open_store
from description_store.errors import UnknownName
from description_store.prompts import StoredPrompt, find_prompt, list_prompts, save_prompt
from description_store.records import Description, DescriptionSet, Provenance
from description_store.sets import save_class_set, save_set

FIRST, SECOND, THIRD = (f"pt1:{start.ljust(64, '0')}" for start in ("abcd1", "abcd2", "ef01"))


@pytest.fixture
def db(tmp_path: Path):
    with open_store(tmp_path / "words.db") as db:
        save_class_set(db, class_set_hash="cs1:x", name="mine", content=["joy", "fear"])
        for prompt_hash, name in ((FIRST, "mine"), (SECOND, "mine"), (THIRD, "shorter")):
            save_prompt(db, prompt_hash=prompt_hash, name=name, text=f"{name} {{{{ class_name }}}}")
        yield db


def save(db, text: str, **provenance: str) -> None:
    save_set(
        db,
        DescriptionSet(
            class_set="mine",
            class_set_hash="cs1:x",
            descriptions=(Description(class_name="joy", descriptors=(text,), text=text, tokens=1),),
            provenance=Provenance(kind="llm", **provenance),
            context_tokens=8,
        ),
    )


def test_a_prompt_is_found_by_its_hash_or_the_beginning_of_it(db) -> None:
    for reference in (THIRD, "pt1:ef01", "pt1:EF010", "ef01"):
        assert find_prompt(db, reference) == StoredPrompt(
            hash=THIRD, name="shorter", text="shorter {{ class_name }}"
        )


@pytest.mark.parametrize("reference", ["pt1:abc", "pt1:", "pt1:xyzw", "mine", "pt1:ab%%", "ds1:abcd1"])
def test_what_is_no_hash_names_no_prompt(db, reference: str) -> None:
    with pytest.raises(UnknownName, match="no hash of a prompt"):
        find_prompt(db, reference)


def test_an_unknown_hash_is_refused(db) -> None:
    with pytest.raises(UnknownName, match="no prompt's hash begins with pt1:dead"):
        find_prompt(db, "pt1:dead")


def test_a_beginning_that_several_share_is_refused_with_the_candidates(db) -> None:
    with pytest.raises(UnknownName, match="several prompts' hashes begin with pt1:abcd") as caught:
        find_prompt(db, "pt1:abcd")
    assert "pt1:abcd10000000 (mine), pt1:abcd20000000 (mine)" in caught.value.hint


def test_prompts_are_listed_in_order_of_first_use_with_the_sets_that_used_them(db) -> None:
    save(db, "a", prompt="mine", prompt_hash=SECOND)
    save(db, "b")
    save(db, "c", prompt="mine", prompt_hash=SECOND)
    assert [(p.name, p.hash, p.sets) for p in list_prompts(db)] == [
        ("mine", FIRST, ()),
        ("mine", SECOND, (1, 3)),
        ("shorter", THIRD, ()),
    ]


def test_a_prompt_that_shortened_a_set_was_used_by_it(db) -> None:
    save(db, "a", prompt="mine", prompt_hash=FIRST, shorten_prompt_hash=THIRD)
    assert find_prompt(db, THIRD).sets == (1,)
