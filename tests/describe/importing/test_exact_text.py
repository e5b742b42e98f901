"""The text that CLIP reads of imported words is the file's own."""

from hypothesis import example, given
from hypothesis import strategies as st

from dfer.describe.clip_tokens import token_ids
from dfer.describe.importing.exact_text import one_text_each, several_texts_each, split_list
from dfer.describe.rendering import join, render


def texts(rendered: str) -> list[list[int]]:
    return [token_ids(line) for line in rendered.split("\n")]


WORDS = [
    "a",
    "low brows",
    "which sag",
    "A face is",
    "é",
    "&amp;",
    "&lt",
    "{class}",
    "ﬁ",
    "Ã©",
    "<end_of_text>",
]
MARKS = [
    "<end_of_text>",
    ", ",
    " and ",
    ", and ",
    ".",
    " .",
    "(",
    ")",
    " ",
    "'s",
    "  ",
    "“so”",
    "…",
    "!",
    ";",
    "\u00a0",
]
PIECES = st.sampled_from(WORDS + MARKS)
LIKE_TEXT = st.lists(PIECES, min_size=1, max_size=9).map(lambda p: " ".join("".join(p).split())).filter(bool)


@given(st.lists(LIKE_TEXT, min_size=1, max_size=3), st.booleans())
@example(["low brows, red skin, and a (hot, dry) face.", "a ."], True)
@example(["low brows, wide eyes, which sag, and a mouth.", "a.."], True)
def test_clip_reads_a_class_s_one_text_as_the_file_has_it(written: list[str], split: bool) -> None:
    own = {f"c{i}": text for i, text in enumerate(written)}
    words, rendering = one_text_each(own, split=split)
    for name, text in own.items():
        assert token_ids(render(words[name], display="x", rendering=rendering)) == token_ids(text)


@given(st.lists(st.lists(LIKE_TEXT, min_size=1, max_size=3), min_size=1, max_size=3))
def test_clip_reads_a_class_s_several_texts_as_the_file_has_them(written: list[list[str]]) -> None:
    own = {f"c{i}": lines for i, lines in enumerate(written)}
    words, rendering = several_texts_each(own)
    for name, lines in own.items():
        assert texts(render(words[name], display="x", rendering=rendering)) == list(map(token_ids, lines))


@given(st.lists(st.sampled_from(["low brows", "red (hot, dry) skin", "wide eyes", "cold lips"]), min_size=1))
def test_what_dfer_joined_comes_apart_again(descriptors: list[str]) -> None:
    assert list(split_list(join(descriptors).removesuffix("."))) == descriptors
