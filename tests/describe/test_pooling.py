"""Several samples of one question become one list of descriptors."""

from itertools import chain
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dfer.describe.clip_tokens import token_ids
from dfer.describe.pooling import agreement, pool

# Few descriptors, so that samples agree often, and two spellings of one that are the same to CLIP.
DESCRIPTORS = ["parted lips", "Parted  lips", "wrinkled nose", "dropped jaw", "raised brows", "tight chin"]
samples_of_descriptors = st.lists(st.lists(st.sampled_from(DESCRIPTORS), max_size=6), max_size=6)


def to_clip(descriptor: str) -> tuple[int, ...]:
    return tuple(token_ids(descriptor))


def test_a_descriptor_that_two_samples_name_comes_before_one_that_one_names() -> None:
    samples = [["parted lips", "wrinkled nose"], ["dropped jaw", "wrinkled nose"]]
    assert pool(samples) == ("wrinkled nose", "parted lips", "dropped jaw")
    assert agreement(samples) == {"wrinkled nose": 2, "parted lips": 1, "dropped jaw": 1}


def test_what_equally_many_samples_name_is_ordered_by_its_mean_place_in_them() -> None:
    samples = [["tight chin", "parted lips", "dropped jaw"], ["dropped jaw", "parted lips", "tight chin"]]
    samples.append(["parted lips", "dropped jaw", "tight chin"])
    assert pool(samples) == ("parted lips", "dropped jaw", "tight chin")  # 2/3, 1 and 4/3


def test_a_sample_that_does_not_name_a_descriptor_does_not_move_its_mean_place() -> None:
    samples = [["a", "b", "c", "d"], ["e", "f", "g", "d"], ["b"]]
    assert pool(samples)[:2] == ("b", "d")


def test_what_is_still_equal_comes_in_the_order_of_first_appearance() -> None:
    assert pool([["parted lips"], ["dropped jaw"], ["tight chin"]]) == (
        "parted lips",
        "dropped jaw",
        "tight chin",
    )


def test_descriptors_that_are_the_same_to_clip_are_one_in_the_first_spelling() -> None:
    assert agreement([["Parted  lips"], ["parted lips"], ["PARTED LIPS"]]) == {"Parted  lips": 3}


def test_a_sample_that_names_a_descriptor_twice_counts_once_at_its_first_place() -> None:
    samples = [["dropped jaw", "parted lips", "Dropped jaw"], ["parted lips"]]
    assert agreement(samples) == {"parted lips": 2, "dropped jaw": 1}


def test_no_samples_and_empty_samples_make_an_empty_pool() -> None:
    assert pool([]) == pool([[], []]) == ()


@given(samples_of_descriptors)
def test_nothing_is_invented_nothing_is_lost_and_nothing_is_there_twice(samples: list[list[str]]) -> None:
    pooled = pool(samples)
    given_ones = list(chain.from_iterable(samples))
    assert set(pooled) <= set(given_ones)
    assert {to_clip(d) for d in pooled} == {to_clip(d) for d in given_ones}
    assert len({to_clip(d) for d in pooled}) == len(pooled)


@given(st.lists(st.sampled_from(DESCRIPTORS)))
def test_one_sample_stays_as_it_is_up_to_its_duplicates(sample: list[str]) -> None:
    kept = [d for place, d in enumerate(sample) if to_clip(d) not in map(to_clip, sample[:place])]
    assert pool([sample]) == tuple(kept)


@given(st.lists(st.sampled_from(DESCRIPTORS)), st.integers(min_value=1, max_value=5))
def test_samples_that_all_say_the_same_pool_to_one_of_them(sample: list[str], copies: int) -> None:
    assert pool([sample] * copies) == pool([sample])
    assert set(agreement([sample] * copies).values()) <= {copies}


@given(samples_of_descriptors, st.randoms(use_true_random=False))
def test_the_order_of_the_samples_changes_no_count(samples: list[list[str]], rng: Random) -> None:
    shuffled = rng.sample(samples, len(samples))
    counts, again = ({to_clip(d): n for d, n in agreement(s).items()} for s in (samples, shuffled))
    assert counts == again


@given(samples_of_descriptors)
def test_counts_never_rise_along_the_pool_and_never_exceed_the_samples(samples: list[list[str]]) -> None:
    counts = list(agreement(samples).values())
    assert counts == sorted(counts, reverse=True)
    assert all(1 <= count <= len(samples) for count in counts)


@given(samples_of_descriptors)
def test_pooling_a_pool_changes_nothing(samples: list[list[str]]) -> None:
    assert pool([pool(samples)]) == pool(samples)
