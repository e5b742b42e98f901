"""From answers to descriptors. `answers/` holds answers in the style of models, with what each must give."""

import html
import json
import random
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfer.describe.clip_tokens import token_ids
from dfer.describe.parsing import PARSER_VERSION, ParsedAnswer, parse_answer

QUESTION = "What are useful visual features for the facial expression of anger?"
ANSWERS = sorted((Path(__file__).parent / "answers").glob("*.txt"))


def descriptors(answer: str, question: str = QUESTION) -> list[str]:
    return list(parse_answer(answer, question=question).descriptors)


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_an_answer_gives_exactly_what_was_written_down_for_it(path: Path) -> None:
    parsed = parse_answer(path.read_text(encoding="utf-8"), question=QUESTION)
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert {name: list(value) for name, value in asdict(parsed).items()} == expected


def test_there_are_answers_of_every_kind_and_each_has_its_expectation() -> None:
    assert len(ANSWERS) >= 25
    assert {path.stem for path in ANSWERS} == {path.stem for path in ANSWERS[0].parent.glob("*.json")}


def test_the_parser_names_its_version_and_its_result_cannot_be_changed() -> None:
    assert PARSER_VERSION == "p2"
    with pytest.raises(FrozenInstanceError):
        ParsedAnswer(descriptors=()).descriptors = ("x",)  # type: ignore[misc]


# Markers

MARKERS = [
    "1.",
    "1)",
    "(1)",
    "1:",
    "12.",
    "a.",
    "a)",
    "(a)",
    "B.",
    "-",
    "*",
    "+",
    "•",
    "–",
    "—",
    "·",
    "▪",
    "✅",
    "1️⃣",
]


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_is_stripped(marker: str) -> None:
    assert descriptors(f"{marker} tight lips\n{marker} hard stare") == ["tight lips", "hard stare"]


@pytest.mark.parametrize("marker", ["1.", "-", "•", "(1)", "**1.**"])
@pytest.mark.parametrize(
    "item", ["2 vertical lines between the brows", "1.5 times wider eyes", "3:1 mouth ratio"]
)
def test_digits_of_the_item_itself_stay(marker: str, item: str) -> None:
    assert descriptors(f"{marker} {item}\n{marker} hard stare") == [item, "hard stare"]


@pytest.mark.parametrize(
    "item", ["X-shaped frown", "AU4 active", "I see glaring eyes", "U-shaped mouth", "FACS codes"]
)
def test_a_capital_that_belongs_to_the_word_stays(item: str) -> None:
    assert descriptors(f"1. {item}\n2. hard stare")[0] == item


@pytest.mark.parametrize(
    ("item", "descriptor"),
    [
        ("Tight lips", "tight lips"),
        ("A tense jaw", "a tense jaw"),
        ("Tight Upper Lips", "tight upper lips"),
        ("Lips like Angelina", "lips like Angelina"),
    ],
)
def test_a_capital_that_only_starts_the_item_goes(item: str, descriptor: str) -> None:
    assert descriptors(f"1. {item}\n2. hard stare")[0] == descriptor


# Items


@pytest.mark.parametrize(
    ("item", "descriptor"),
    [
        ('"tight lips"', "tight lips"),
        ("“tight lips”.", "tight lips"),
        ("'tight lips',", "tight lips"),
        ("**tight** _lips_", "tight lips"),
        ("***tight lips***", "tight lips"),
        ("`tight lips`;", "tight lips"),
        ("~~tight~~ lips", "tight lips"),
        ("tight\\-set \\*lips\\*", "tight-set lips"),
        ("tight <b>lips</b><br>", "tight lips"),
        ("tight&nbsp;lips &amp;amp; jaw", "tight lips & jaw"),
        ("tight\u00a0\u2009lips", "tight lips"),
        ("ti\u200bght\u202e lips\u00ad", "tight lips"),
        ("\x1b[1;31mtight\x1b[0m lips\x07", "tight lips"),
        ("tight lips 😠👍🏽", "tight lips"),
        ("the child’s ‘tight’ lips", "the child's 'tight' lips"),
        ("crow's feet", "crow's feet"),
        ('"tight" lips', '"tight" lips'),
        ("tight lips, and", "tight lips"),
        ("and tight lips", "tight lips"),
        ("tight lips (pressed)", "tight lips (pressed)"),
        ("lip_corner pulled", "lip_corner pulled"),
        ("glaring, widened eyes; stares, and blinks", "glaring, widened eyes; stares, and blinks"),
    ],
)  # fmt: skip
def test_an_item_is_one_descriptor_without_what_decorates_it(item: str, descriptor: str) -> None:
    assert descriptors(f"1. {item}\n2. hard stare") == [descriptor, "hard stare"]


@pytest.mark.parametrize(
    ("item", "descriptor"),
    [
        ("**Eyebrows**: lowered", "eyebrows lowered"),
        ("**Eyebrows:** Lowered and drawn together", "eyebrows lowered and drawn together"),
        ("Eyebrows – lowered", "eyebrows lowered"),
        ("Eyebrows - lowered and tense", "eyebrows lowered and tense"),
        ("Eyebrows:lowered", "eyebrows lowered"),
        ("Feature 3: frowning", "frowning"),
        ("Upper face: eyebrows: lowered", "eyebrows lowered"),
        ("eyes that stare at one point: hard and cold", "eyes that stare at one point: hard and cold"),
        ("lips pressed together tightly – white edges", "lips pressed together tightly – white edges"),
    ],
)
def test_a_head_stays_only_where_its_text_cannot_stand_alone(item: str, descriptor: str) -> None:
    assert descriptors(f"- {item}\n- hard stare") == [descriptor, "hard stare"]


def test_items_without_a_letter_are_left_out_and_listed() -> None:
    parsed = parse_answer("- tight lips\n- .\n- 42\n- hard stare")
    assert parsed.descriptors == ("tight lips", "hard stare")
    assert parsed.ignored == (".", "42")


def test_special_tokens_are_kept_for_the_check_that_refuses_them() -> None:
    assert descriptors("1. tight <end_of_text> lips\n2. <|endoftext|> stare") == [
        "tight <end_of_text> lips",
        "<|endoftext|> stare",
    ]


# Lists


def test_a_list_whose_first_indent_was_stripped_stays_flat() -> None:
    assert descriptors("- tight lips\n  - hard stare\n  - tense jaw") == [
        "tight lips",
        "hard stare",
        "tense jaw",
    ]
    assert descriptors("1. tight lips\n  2. hard stare\n  3. tense jaw") == [
        "tight lips",
        "hard stare",
        "tense jaw",
    ]


def test_numbers_below_numbers_are_leaves() -> None:
    answer = "1. Eyebrows\n   1. lowered\n   2. drawn together\n2. Mouth\n   1. tight"
    assert descriptors(answer) == ["eyebrows lowered", "eyebrows drawn together", "mouth tight"]


def test_an_item_that_says_something_itself_stays_beside_its_leaves() -> None:
    answer = "- Eyebrows: lowered\n  - deep vertical lines\n- Mouth: tight\n  - pale lips"
    assert descriptors(answer) == ["eyebrows lowered", "deep vertical lines", "mouth tight", "pale lips"]


def test_a_heading_that_repeats_the_question_is_no_head() -> None:
    assert descriptors("Visual features of anger:\n- frowning\n- tight lips") == ["frowning", "tight lips"]


def test_a_plain_line_above_bullets_is_their_head() -> None:
    assert descriptors("Eyebrows\n- lowered\n\nMouth\n- tight") == ["eyebrows lowered", "mouth tight"]


@pytest.mark.parametrize(
    "continuation", ["  of the mouth", "of the mouth", "\n   of the mouth", "   Of the mouth"], ids=repr
)
def test_a_wrapped_item_is_joined(continuation: str) -> None:
    assert descriptors(f"- tight corners\n{continuation}\n- hard stare") == [
        f"tight corners {continuation.strip()}",
        "hard stare",
    ]


@pytest.mark.parametrize(
    "talk",
    ["Note that people differ.", "I hope this helps!", "please ask for more", "All of these may vary."],
)
def test_talk_after_a_list_is_left_out_and_listed(talk: str) -> None:
    for gap in ("\n", "\n\n"):
        parsed = parse_answer(f"- tight lips\n- hard stare{gap}{talk}")
        assert parsed.descriptors == ("tight lips", "hard stare")
        assert parsed.ignored == (talk,)


@pytest.mark.parametrize(
    "talk", ["Sure!", "Here are five cues:", "Of course, gladly.", "Anger shows in these signs:"]
)
def test_talk_before_a_list_is_left_out_and_listed(talk: str) -> None:
    parsed = parse_answer(f"{talk}\n\n- tight lips\n- hard stare")
    assert parsed.descriptors == ("tight lips", "hard stare")
    assert parsed.ignored == (talk,)


def test_a_table_without_a_head_row_and_with_one_column_gives_its_cells() -> None:
    assert descriptors("| tight lips |\n| hard stare |") == ["tight lips", "hard stare"]


def test_figures_in_a_sentence_are_no_list_on_one_line() -> None:
    assert descriptors("- eyes open to step 1. or 2. of the scale\n- hard stare") == [
        "eyes open to step 1. or 2. of the scale",
        "hard stare",
    ]


# Sentences


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Tight lips, a hard stare, and a tense jaw.", ["tight lips", "a hard stare", "a tense jaw"]),
        ("tight lips; a hard stare; a tense jaw", ["tight lips", "a hard stare", "a tense jaw"]),
        ("tight lips, a hard stare and a tense jaw.", ["tight lips", "a hard stare", "a tense jaw"]),
        ("tight lips, narrowed and glaring eyes", ["tight lips", "narrowed and glaring eyes"]),
        ("lips pressed and thin", ["lips pressed and thin"]),
        ("tight lips (pale, thin), a hard stare", ["tight lips (pale, thin)", "a hard stare"]),
        ("tight lips, which turn pale, a hard stare", ["tight lips, which turn pale", "a hard stare"]),
        ("a mouth opened 1,5 cm, a hard stare", ["a mouth opened 1,5 cm", "a hard stare"]),
        ("Anger: tight lips, a hard stare", ["tight lips", "a hard stare"]),
        ("Eyes: narrowed; mouth: tight.", ["eyes narrowed", "mouth tight"]),
        ("['tight lips', 'hard stare']", ["tight lips", "hard stare"]),
        ("tight lips, a hard\nstare, a tense jaw", ["tight lips", "a hard stare", "a tense jaw"]),
        ("tight lips\nand a hard stare", ["tight lips and a hard stare"]),
    ],
)
def test_a_sentence_is_split_into_its_clauses(sentence: str, expected: list[str]) -> None:
    assert descriptors(sentence) == expected


@pytest.mark.parametrize(
    "introduction",
    [
        "A: Some useful visual features for facial expressions of anger include:",
        "Visual features of an angry facial expression are",
        "Sure! Here are the features:",
        "Answer: The facial features include the following:",
    ],
)
def test_what_introduces_a_sentence_is_left_out(introduction: str) -> None:
    parsed = parse_answer(f"{introduction} tight lips, a hard stare.", question=QUESTION)
    assert parsed.descriptors == ("tight lips", "a hard stare")
    assert parsed.ignored


# Echoes and thinking

FEAR = QUESTION.replace("anger", "fear")


def test_of_several_answered_questions_the_last_one_that_was_asked_counts() -> None:
    blocks = [
        (FEAR, "wide eyes, raised brows"),
        (QUESTION, "old words, more words"),
        (QUESTION, "tight lips, hard stare"),
    ]
    answer = "\n\n".join(
        f"Q: {asked}\nA: {answered}" for asked, answered in [*blocks, (FEAR, "open mouth, tense lids")]
    )
    parsed = parse_answer(answer, question=QUESTION)
    assert parsed.descriptors == ("tight lips", "hard stare")
    assert len(parsed.ignored) == 3
    assert any("other questions" in warning for warning in parsed.warnings)


def test_an_answer_that_goes_on_with_other_questions_ends_before_them() -> None:
    answer = f"- tight lips\n- hard stare\n\nQ: {FEAR}\nA:\n- wide eyes\n- open mouth"
    assert descriptors(answer) == ["tight lips", "hard stare"]
    assert descriptors(answer, question="") == ["tight lips", "hard stare"]


def test_a_question_on_the_line_of_its_answer_is_cut_off() -> None:
    assert descriptors(f"Question: {QUESTION} Answer: tight lips, hard stare") == ["tight lips", "hard stare"]


def test_a_repeated_question_without_a_mark_is_left_out() -> None:
    assert descriptors(f"{QUESTION}\n\nTight lips, a hard stare.") == ["tight lips", "a hard stare"]


@pytest.mark.parametrize(
    "answer",
    [
        "<think>nose</think>tight lips, hard stare",
        "<THINK>\n- nose\n</THINK>\n- tight lips\n- hard stare",
        "- nose\n</think>\n- tight lips\n- hard stare",
        "- tight lips\n- hard stare\n<think>\n- nose",
        "<thinking>a</thinking>\n- tight lips\n<think>b</think>\n- hard stare",
    ],
)
def test_thoughts_are_no_answer(answer: str) -> None:
    assert descriptors(answer) == ["tight lips", "hard stare"]


# Warnings


@pytest.mark.parametrize(
    "answer",
    [
        "- tight lips\n- corners of the", "- tight lips\n- hard stare and", "1. tight lips\n2. hard stare,",
        "tight lips, a hard stare, and", "tight lips, a hard stare,", "tight lips, a stare with",
        '["tight lips", "hard st',
    ],
)  # fmt: skip
def test_an_answer_that_stops_in_the_middle_is_warned_about(answer: str) -> None:
    assert any("cut off" in warning for warning in parse_answer(answer).warnings)


@pytest.mark.parametrize(
    "answer",
    [
        "- tight lips\n- hard stare", "- tight lips,\n- hard stare,\n- jaw,", "tight lips, a hard stare.",
        "- tight lips\n- the gaze they look with.\n- eyes to stare at\n\nI hope this helps",
        '["tight lips", "hard stare"]',
    ],
)  # fmt: skip
def test_a_whole_answer_is_not_called_cut(answer: str) -> None:
    assert not any("cut off" in warning for warning in parse_answer(answer).warnings)


def test_what_is_the_same_to_clip_is_kept_once_and_named() -> None:
    parsed = parse_answer("- Tight lips\n- hard stare\n- TIGHT  lips.\n- tight lip")
    assert parsed.descriptors == ("tight lips", "hard stare", "tight lip")
    assert [warning for warning in parsed.warnings if "duplicate" in warning and "TIGHT lips." in warning]


def test_one_descriptor_is_warned_about_and_none_is_left_to_the_caller() -> None:
    assert parse_answer("- tight lips").warnings == ("only one descriptor was found",)
    assert parse_answer("") == parse_answer(" \n\u200b\n") == ParsedAnswer(descriptors=())


# Whatever arrives

WORDS = [
    *[
        "tight",
        "lips",
        "hard",
        "stare",
        "tense",
        "jaw",
        "raised",
        "brows",
        "wide",
        "eyes",
        "drooping",
        "lids",
    ],
    *["furrowed", "crow's", "feet", "V-shaped", "deep"],
]
PHRASES = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=5).map(" ".join),
    min_size=2, max_size=8, unique_by=lambda phrase: tuple(token_ids(phrase)),
)  # fmt: skip


def lines(form: str) -> Callable[[list[str]], str]:
    return lambda phrases: "\n".join(
        form.format(n=n, a="abcdefgh"[n - 1], phrase=phrase) for n, phrase in enumerate(phrases, 1)
    )


STYLES: list[Callable[[list[str]], str]] = [
    *map(
        lines,
        [
            "{n}. {phrase}",
            "{n}) {phrase}.",
            "({n}) {phrase}",
            "{a}. {phrase}",
            "{a}) {phrase};",
            "- {phrase}",
        ],
    ),
    *map(
        lines,
        [
            "* **{phrase}**",
            "• {phrase},",
            "– “{phrase}”",
            "· {phrase}",
            "  - {phrase}\n",
            "**{n}. {phrase}**",
        ],
    ),
    *map(lines, ["> {n}. {phrase}", "| {n} | {phrase} |", "Feature {n}: {phrase}", "{phrase}"]),
    json.dumps,
    lambda phrases: json.dumps({"descriptors": phrases}, indent=1),
    lambda phrases: f"Sure!\n```json\n{json.dumps(phrases, indent=2)}\n```\nEnjoy!",
    lambda phrases: ", ".join([*phrases[:-1], f"and {phrases[-1]}."]),
    lambda phrases: (
        " ".join(f"{n}) {phrase}" for n, phrase in enumerate(phrases, 1)) if len(phrases) > 2 else ""
    ),
]


@settings(max_examples=400, deadline=None)
@given(phrases=PHRASES, style=st.sampled_from(STYLES))
def test_every_style_of_list_gives_the_same_phrases_in_the_same_order(
    phrases: list[str], style: Callable[[list[str]], str]
) -> None:
    if answer := style(phrases):
        assert descriptors(answer) == phrases


PIECES = [
    *[
        "1. ",
        "2) ",
        "(3) ",
        "a) ",
        "- ",
        "* ",
        "• ",
        "– ",
        "✅ ",
        "1️⃣",
        "**",
        "__",
        "_",
        "`",
        "```json\n",
        "~~",
        "\\",
    ],
    *[
        "\n",
        "\n\n",
        "    ",
        "\t",
        "\u2028",
        "\x85",
        ": ",
        ", ",
        "; ",
        " and ",
        " – ",
        "...",
        "? ",
        "! ",
        "| ",
    ],
    *["\n|---|\n", "### ", "> ", "(", ")", "[", "]", "{", "}", '"', "'", "“", "’", "<br>", "<li>", "&amp;"],
    *[
        "&nbsp;",
        "&lt;",
        "&#x1b;",
        "\\u0041",
        "null",
        "\u200b",
        "\x1b[1m",
        "\x00",
        "😠",
        "<think>",
        "</think>",
    ],
    *[
        "Q: ",
        "A: ",
        "Sure! ",
        "Here are ",
        "features ",
        "include ",
        "Eyebrows",
        "lowered ",
        "Tight ",
        "lips ",
    ],
    *["AU4 ", "I ", "A ", "é", "İ", "漢字", "which ", "the ", "10 ", "1.5 "],
]
ANYTHING = st.text(max_size=120) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@settings(max_examples=1000, deadline=None)
@given(answer=ANYTHING, question=st.just(QUESTION) | ANYTHING)
def test_no_answer_raises_and_every_descriptor_is_one_tidy_line(answer: str, question: str) -> None:
    for descriptor in parse_answer(answer, question=question).descriptors:
        assert descriptor == " ".join(descriptor.split())
        assert any(character.isalpha() for character in descriptor)
        assert descriptor[-1] not in ".,;:"


@settings(max_examples=1000, deadline=None)
@given(answer=ANYTHING)
def test_no_descriptor_holds_a_letter_that_the_answer_does_not_hold_in_that_order(answer: str) -> None:
    given_letters = html.unescape(html.unescape(html.unescape(answer))) + answer
    for descriptor in parse_answer(answer.replace("\\u0041", "")).descriptors:
        letters = iter(given_letters.casefold())
        assert all(letter in letters for letter in descriptor.casefold() if letter.isalpha())


@settings(max_examples=500, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_descriptor_holds_a_word_that_the_answer_does_not_hold_in_that_order(seed: int) -> None:
    choose = random.Random(seed)
    joints = [
        " ",
        " ",
        " ",
        "\n",
        "\n- ",
        "\n1. ",
        ", ",
        ". ",
        ": ",
        " – ",
        "\n\n",
        "\n  - ",
        "; ",
        " | ",
        "\n**",
        "**: ",
    ]
    answer = "".join(choose.choice(WORDS) + choose.choice(joints) for _ in range(choose.randint(1, 40)))
    for descriptor in descriptors(answer):
        words = iter(re.findall(r"[\w'-]+", answer.casefold()))
        assert all(word in words for word in re.findall(r"[\w'-]+", descriptor.casefold())), answer


@settings(max_examples=1000, deadline=None)
@given(
    answer=st.text(max_size=120)
    | st.lists(
        st.sampled_from([piece for piece in PIECES if not re.match(r"\(?\d", piece)]), max_size=30
    ).map("".join)
)
def test_parsing_its_own_descriptors_as_a_numbered_list_changes_nothing(answer: str) -> None:
    once = parse_answer(answer).descriptors
    again = parse_answer("\n".join(f"{n}. {descriptor}" for n, descriptor in enumerate(once, 1)))
    assert again.descriptors == once


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_parsing_the_descriptors_of_a_real_looking_answer_changes_nothing(path: Path) -> None:
    once = descriptors(path.read_text(encoding="utf-8"))
    assert descriptors("\n".join(f"{n}. {descriptor}" for n, descriptor in enumerate(once, 1))) == once


@pytest.mark.parametrize(
    "piece", ["&#" + "9" * 5000 + ";", "&#x" + "f" * 5000, "[" * 50_000, '["' * 5000, '{"a":' * 50_000]
)
def test_what_breaks_other_readers_is_just_text(piece: str) -> None:
    assert "tight lips" in descriptors(f"- tight lips\n- hard stare {piece}")
    assert len(descriptors(f"{piece}\n- tight lips\n- hard stare")) <= 2
