"""Work in the background: in order, bounded, and gone when nobody listens any more."""

import threading
import time

import pytest

from dfer.predict.background import in_background


def count_up(number: int, put) -> None:
    for part in range(5):
        put((number, part))


@pytest.mark.parametrize("threads", [0, 1, 3, 9])
def test_everything_comes_and_what_one_number_puts_in_its_order(threads: int) -> None:
    found = list(in_background(4, count_up, threads=threads, waiting=2))
    assert sorted(found) == [(number, part) for number in range(4) for part in range(5)]
    for number in range(4):
        assert [part for own, part in found if own == number] == list(range(5))


def test_one_thread_does_one_number_after_the_other() -> None:
    found = list(in_background(3, count_up, threads=1, waiting=100))
    assert found == sorted(found)


def test_no_more_waits_than_there_is_room_for() -> None:
    made = []

    def work(number: int, put) -> None:
        for part in range(100):
            made.append(part)
            put(part)

    parts = in_background(1, work, threads=1, waiting=3)
    assert next(parts) == 0
    time.sleep(0.2)
    assert len(made) <= 5  # one taken, three in the queue, one in the thread's hand
    parts.close()


def test_what_goes_wrong_in_a_thread_is_raised_here() -> None:
    def work(number: int, put) -> None:
        put(number)
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        list(in_background(2, work, threads=2, waiting=10))


def test_the_threads_end_when_nobody_listens() -> None:
    before = threading.active_count()
    parts = in_background(3, lambda number, put: [put(0) for _ in range(1000)], threads=3, waiting=1)
    next(parts)
    assert threading.active_count() == before + 3
    parts.close()
    assert threading.active_count() == before
