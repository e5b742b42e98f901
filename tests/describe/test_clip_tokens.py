"""CLIP's tokens are open_clip's, always, and cost neither its import nor torch's."""

import gzip
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dfer.describe import clip_tokens
from dfer.describe.clip_tokens import (
    CONTEXT_LENGTH,
    count_tokens,
    overflow,
    special_token_in,
    token_budget,
    token_ids,
)
from dfer.errors import ConfigurationError, UsageError

ODD_PIECES = [
    "it's", "they'RE", "'\u017f", "\u212a", "İ", "ΑΣ", "ﬁ", "&amp;lt;", "&#39;", "&nbsp",
    "&lt;end_of_text&gt;", "<start_of_text>", "<END_OF_TEXT>", "<|endoftext|>", "１", "<", "…", "“", "漢字",
    "かな", "한국어", "😀", "👍🏽", "👩\u200d👩\u200d👧", "é", "e\u0301", "Ã©", "3.14", "2024",
    "\x00", "\x1b[31m", "\x85", "\u2028", "\u200b", "\ud800", "\t\n", "aaaaaaa",
    "pneumonoultramicroscopicsilicovolcanoconiosis", "ab" * 50,
]  # fmt: skip


@pytest.fixture(scope="module")
def open_clip_tokenizer() -> Any:
    from open_clip.tokenizer import SimpleTokenizer

    return SimpleTokenizer()


@pytest.fixture
def _nothing_loaded_yet() -> Iterator[None]:
    clip_tokens._tokenizer.cache_clear()
    yield
    clip_tokens._tokenizer.cache_clear()


@settings(max_examples=400, deadline=None)
@given(text=st.text(max_size=200))
@example(text="")
@example(text="a smiling mouth, raised cheeks, wrinkled eyes, and arched eyebrows.")
def test_ids_equal_open_clips_on_any_text(open_clip_tokenizer: Any, text: str) -> None:
    assert token_ids(text) == open_clip_tokenizer.encode(text)


@settings(max_examples=400, deadline=None)
@given(
    pieces=st.lists(st.sampled_from([*ODD_PIECES, " ", "brows ", "'s"]) | st.text(max_size=5), max_size=20)
)
def test_ids_equal_open_clips_where_its_cleaning_and_its_pattern_have_corners(
    open_clip_tokenizer: Any, pieces: list[str]
) -> None:
    text = "".join(pieces)
    assert token_ids(text) == open_clip_tokenizer.encode(text)


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="abcdeinorst", max_size=60))
def test_ids_equal_open_clips_on_words_that_were_never_seen(open_clip_tokenizer: Any, text: str) -> None:
    assert token_ids(text) == open_clip_tokenizer.encode(text)


@pytest.mark.parametrize("piece", ODD_PIECES)
def test_ids_equal_open_clips_on_each_odd_piece(open_clip_tokenizer: Any, piece: str) -> None:
    assert token_ids(piece) == open_clip_tokenizer.encode(piece)


def test_ids_are_what_they_were_when_this_was_written() -> None:
    assert token_ids("a photo of a cat") == [320, 1125, 539, 320, 2368]
    assert token_ids("It's") == [585, 568]
    assert token_ids("<end_of_text>") == [49407]


def test_case_spacing_and_html_are_nothing_to_clip() -> None:
    assert token_ids("A  Wrinkled\tnose &amp; lip") == token_ids("a wrinkled nose & lip")


def test_a_text_longer_than_clip_reads_is_counted_whole() -> None:
    assert count_tokens("nose " * 500) == 500


def test_counting_and_parsing_import_neither_torch_nor_open_clip_and_import_itself_loads_nothing() -> None:
    program = """
import json, sys
import dfer.describe.clip_tokens, dfer.describe.parsing
at_import = sorted({"ftfy", "regex", "tokenizers"} & sys.modules.keys())
dfer.describe.parsing.parse_answer("1. crow’s feet\\n2. tight lips")
print(json.dumps([at_import, sorted({"torch", "open_clip", "numpy"} & sys.modules.keys())]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], []]


@pytest.mark.usefixtures("_nothing_loaded_yet")
def test_without_open_clip_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="open_clip is not installed") as caught:
        count_tokens("nose")
    assert "pip install open_clip_torch" in caught.value.hint


@pytest.mark.usefixtures("_nothing_loaded_yet")
@pytest.mark.parametrize(
    "content",
    [None, b"no gzip", gzip.compress(b"#version\ni n\nt h"), gzip.compress(b"one two three\n" * 49000)],
    ids=["missing", "not gzip", "too short", "not pairs"],
)
def test_a_merges_file_that_is_not_clips_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "bpe_simple_vocab_16e6.txt.gz").write_bytes(content)
    spec = ModuleSpec("open_clip", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(ConfigurationError, match="bpe_simple_vocab_16e6"):
        count_tokens("nose")


def test_the_budget_is_what_start_end_and_context_leave() -> None:
    assert CONTEXT_LENGTH == 77
    assert [token_budget(0), token_budget(8), token_budget(74)] == [75, 67, 1]


@pytest.mark.parametrize("context_tokens", [75, 77, -1])
def test_a_budget_without_room_is_an_error(context_tokens: int) -> None:
    with pytest.raises(UsageError, match=str(context_tokens)):
        token_budget(context_tokens)


def test_overflow_starts_with_the_first_word_that_does_not_fit_whole() -> None:
    text = "lowered eyebrows, supercilious lips"  # lowered · eyebrows · , · sup·erc·ili·ous · lips
    sizes = [count_tokens(word) for word in text.split()]
    assert sizes[2] > 1
    assert overflow(text, sum(sizes)) == ""
    assert overflow(text, sum(sizes) - 1) == "lips"
    assert overflow(text, sum(sizes[:3]) - 1) == "supercilious lips"
    assert overflow(text, sum(sizes[:2]) + 1) == "supercilious lips"
    assert overflow(text, 0) == text


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(st.sampled_from(ODD_PIECES) | st.text(max_size=8)).map(" ".join), budget=st.integers(1, 30)
)
def test_overflow_is_empty_exactly_when_the_text_fits(text: str, budget: int) -> None:
    assert (overflow(text, budget) == "") == (count_tokens(text) <= budget)


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(["Nose,", "crow's", "furrowed", "supercilious", "2", "(wide)"]), max_size=12
    ),
    budget=st.integers(1, 20),
)
def test_what_overflow_leaves_fits_and_one_word_more_does_not(words: list[str], budget: int) -> None:
    beyond = overflow(" ".join(words), budget).split()
    kept = words[: len(words) - len(beyond)]
    assert kept + beyond == words
    assert count_tokens(" ".join(kept)) <= budget
    if beyond:
        assert count_tokens(" ".join([*kept, beyond[0]])) > budget


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("a nose <end_of_text> and lips", "<end_of_text>"),
        ("<Start_Of_Text>nose", "<start_of_text>"),
        ("nose<|startoftext|>", "<|startoftext|>"),
        ("nose <|ENDOFTEXT|>", "<|endoftext|>"),
        ("&lt;end_of_text&gt;", "<end_of_text>"),
        ("&amp;lt;end_of_text&amp;gt;", "<end_of_text>"),
        ("＜end_of_text＞", "<end_of_text>"),
        ("<end_\x00of_text>", "<end_of_text>"),
        ("<|endoftext|> <start_of_text>", "<|endoftext|>"),
    ],
)
def test_special_tokens_are_found_however_they_are_written(text: str, token: str) -> None:
    assert special_token_in(text) == token


@pytest.mark.parametrize("text", ["", "end of text", "<end of text>", "<|end_of_text|>", "start_of_text"])
def test_ordinary_text_holds_no_special_token(text: str) -> None:
    assert special_token_in(text) is None


@settings(max_examples=300, deadline=None)
@given(text=st.lists(st.sampled_from(ODD_PIECES) | st.text(max_size=8)).map("".join))
def test_wherever_open_clip_sees_an_end_token_one_is_found(text: str) -> None:
    if {49406, 49407} & set(token_ids(text)):
        assert special_token_in(text) is not None
