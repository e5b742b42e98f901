"""What a sweep is told, and the combinations that this comes to."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from description_store.records import DescriptionSet
from dfer.errors import UsageError
from dfer.experiments.sweeping.cells import combinations
from dfer.experiments.sweeping.grid import (
    Grid,
    check_addresses,
    check_said_once,
    parse_folds,
    parse_names,
    parse_numbers,
    parse_vary,
)
from tests.store.filled import a_set


def grid(**changes) -> Grid:
    return Grid(**({"descriptions": ("v1",), "data": Path("clips.csv")} | changes))


def sets(count: int) -> list[DescriptionSet]:
    return [a_set(f"word {n}").model_copy(update={"version": n}) for n in range(1, count + 1)]


ranges = st.tuples(st.integers(0, 500), st.integers(0, 20)).map(lambda pair: (pair[0], sum(pair)))


@given(st.lists(ranges, min_size=1, max_size=5), st.sampled_from(["", " "]))
def test_numbers_are_lists_of_ranges_and_each_is_there_once(parts: list, blank: str) -> None:
    said = f",{blank}".join(f"{a}-{b}" if a < b else str(a) for a, b in parts)
    numbers = parse_numbers(said, what="seeds")
    assert set(numbers) == {n for a, b in parts for n in range(a, b + 1)}
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("text", ["", "5-1", "a", "1,,2", "1-", "-1", "1.5", "1-2-3", "0-99999999", "٣"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="expected numbers") as caught:
        parse_numbers(text, what="seeds")
    assert caught.value.hint == "for example --seeds 1-3,5"


def test_folds_may_be_all_that_there_are() -> None:
    assert parse_folds("all") == "all"
    assert parse_folds("1-3") == (1, 2, 3)


def test_names_are_separated_by_commas_or_said_one_by_one() -> None:
    assert parse_names(["v1,v3", "@control", "v1"], what="descriptions") == ("v1", "v3", "@control")
    with pytest.raises(UsageError, match="--descriptions"):
        parse_names([" ,"], what="descriptions")


@given(
    st.lists(
        st.one_of(st.integers(), st.booleans(), st.none(), st.sampled_from(["cosine", "end"])),
        min_size=1,
        max_size=4,
    )
)
def test_varied_values_are_read_as_json_where_they_are_json(values: list) -> None:
    plain = {None: "null", True: "true", False: "false"}
    said = ",".join(
        v if isinstance(v, str) else plain[v] if isinstance(v, bool | None) else str(v) for v in values
    )
    assert parse_vary([f"schedule={said}"]) == {"schedule": tuple(values)}


def test_values_that_have_commas_are_said_as_a_json_list() -> None:
    assert parse_vary(["milestones=[[15], [30, 40]]", "coop.context_tokens=4"]) == {
        "milestones": ([15], [30, 40]),
        "coop.context_tokens": (4,),
    }


@pytest.mark.parametrize(
    "text", ["", "x", "=1", "x=", "x=1,", "x=[]", "x=NaN", "x=1,1e999", "x=[[-Infinity]]"]
)
def test_a_variation_without_setting_or_values_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--vary"):
        parse_vary([text])


def test_one_setting_is_varied_once() -> None:
    with pytest.raises(UsageError, match="twice"):
        parse_vary(["gamma=1", "gamma=2"])


counts = st.integers(1, 3)


@given(counts, counts, counts, st.lists(st.integers(), min_size=1, max_size=3, unique=True))
def test_cells_are_the_full_product_and_each_is_there_once(
    described: int, folds: int, seeds: int, values: list[int]
) -> None:
    made = grid(
        recipes=("dfer-clip", "coop"),
        seeds=tuple(range(1, seeds + 1)),
        vary={"context_tokens": tuple(values)},
    )
    cells = list(combinations(made, sets(described), range(1, folds + 1)))
    found = [
        (c.description_set.version, c.recipe, c.fold, c.seed, c.overrides["context_tokens"]) for c in cells
    ]
    assert sorted(found) == sorted(
        product(
            range(1, described + 1), ("dfer-clip", "coop"), range(1, folds + 1), range(1, seeds + 1), values
        )
    )


def test_all_sets_of_a_fold_and_seed_come_before_the_next() -> None:
    cells = list(combinations(grid(seeds=(1, 2)), sets(2), (1, 2)))
    assert [(c.seed, c.fold, c.description_set.version) for c in cells] == sorted(
        (c.seed, c.fold, c.description_set.version) for c in cells
    )


def test_a_recipe_that_trains_nothing_is_there_once_per_fold_and_is_told_nothing_of_training() -> None:
    made = grid(recipes=("zero-shot", "dfer-clip"), seeds=(1, 2, 3), epochs=2, balance="oversample")
    cells = [c for c in combinations(made, sets(1), (1, 2)) if c.recipe == "zero-shot"]
    assert [(c.fold, c.seed, c.overrides) for c in cells] == [(1, 0, {}), (2, 0, {})]
    assert made.clip_settings("zero-shot").balance == "none"
    assert made.clip_settings("dfer-clip").balance == "oversample"


def test_a_setting_may_be_that_of_one_recipe() -> None:
    made = grid(
        recipes=("coop", "dfer-clip"),
        settings={"gamma": 0.5, "coop.gamma": 0.2},
        vary={"coop.context_tokens": (4, 8)},
    )
    check_addresses(made)
    assert [(c.recipe, c.varied, c.overrides) for c in combinations(made, sets(1), (1,))] == [
        ("coop", {"context_tokens": 4}, {"gamma": 0.2, "context_tokens": 4}),
        ("coop", {"context_tokens": 8}, {"gamma": 0.2, "context_tokens": 8}),
        ("dfer-clip", {}, {"gamma": 0.5}),
    ]
    check_addresses(grid(settings={"cocoop.gamma": 1}))  # said for another table
    with pytest.raises(UsageError, match="there is no recipe 'cop'"):
        check_addresses(grid(settings={"cop.gamma": 1}))


def test_a_misspelt_field_is_an_error() -> None:
    with pytest.raises(ValidationError):
        grid(fold=(1,))


def test_a_setting_is_varied_or_said_for_all_but_one_recipe_may_have_its_own() -> None:
    check_said_once(grid(epochs=20, vary={"coop.epochs": (5, 10)}))
    for twice in ({"epochs": 20}, {"settings": {"epochs": 20}}):
        with pytest.raises(UsageError, match="epochs is varied, but also said for all cells"):
            check_said_once(grid(vary={"epochs": (5, 10)}, **twice))
