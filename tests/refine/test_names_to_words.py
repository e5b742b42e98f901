"""The must-show of refining, on one world; `python -m tests.refine.names_to_words` shows five."""

from pathlib import Path

from tests.refine.names_to_words import gain_of


def test_the_demonstration_asks_within_its_budget_and_gains_on_validation_clips_if_it_keeps_anything(
    tmp_path: Path,
) -> None:
    gain = gain_of(1, tmp_path, clip="tiny", clips=56, frames=4, rounds=4)
    assert 0 < gain.calls <= 4
    assert (gain.val_after > gain.val_before) == (gain.kept > 0)
    assert (gain.test_after != gain.test_before) <= (gain.kept > 0)


def test_with_a_clip_that_understands_words_the_gain_from_names_holds_on_test_clips(tmp_path: Path) -> None:
    gain = gain_of(1, tmp_path, clip="dfer-tiny", clips=140)
    assert gain.holds
