"""Texts found again from CLIP's token ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfer.describe.clip_tokens import text_of, token_ids
from dfer.errors import ContentError


@given(st.text(alphabet="abcdeABCDE éü 019 .,;:!?'\"()-/", max_size=60))
def test_a_text_found_again_is_the_same_to_clip(text: str) -> None:
    assert token_ids(text_of(token_ids(text))) == token_ids(text)


@pytest.mark.parametrize(
    "text",
    [
        "a smiling mouth, raised cheeks (both), and wide-open eyes.",
        "don't smile; the lips' corners: turned down!",
        "naïve, café-like déjà vu 😀.",
        "an expression of happiness.",
    ],
)
def test_a_text_is_found_again_from_its_tokens(text: str) -> None:
    assert text_of(token_ids(text)) == text


@pytest.mark.parametrize("number", [49406, 49407, 60000, -1])
def test_an_id_that_stands_for_no_word_is_refused(number: int) -> None:
    with pytest.raises(ContentError, match="stands for no word"):
        text_of([number])
