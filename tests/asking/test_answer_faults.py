"""Table (d2) of reference/llm.md, line by line: what an answer may be, and what `dfer describe` makes of it.

Everything goes over real sockets. Each test names its line, and says how it ended, in which words, how many
requests the server saw, and what was stored; `conftest.py` adds that no key is anywhere. How every style of
list is read is the parser's business (`tests/describe/test_parsing.py`, with golden answers): here each line
of the table is shown to come through the command.

| line of the table | also shown by |
|---|---|
| Limit depends on the model: again in `train` | `tests/cli/test_cli_train_and_compare.py`, where torch is |
| Set built for another class set | the same |
"""

import json

import pytest

from dfer.describe.clip_tokens import count_tokens
from tests.asking.command import Describe, Kept, check_refused
from tests.describe.asking import DFEW, asked_class, good
from tests.llm_server import JSON, LlmServer, Reply, completion, error, response

CLASSES = len(DFEW.names)
CLEAN = ["clean"] * CLASSES


def about(name: str, reply: Reply, *, times: int = 99):
    """This reply to the (first) questions about one class, good answers to the others."""
    asked = 0

    def answer(question: str, number: int) -> Reply:
        nonlocal asked
        asked += name in question
        return reply if name in question and asked <= times else good(question, number)

    return answer


def reasoned(text: str | None, *, finish_reason: str = "stop", field: str = "reasoning") -> Reply:
    return completion(text, finish_reason=finish_reason, message={field: "Let me think about brows…"})


# d2: Refusal


@pytest.mark.parametrize(
    "reply",
    [
        completion("I'm sorry, but I can't help with that."),
        completion("I can't describe people's faces."),
        completion("I cannot help with that."),
        completion("As an AI language model, I do not judge faces."),
        completion("Sorry, that is not possible."),
        completion("I’m unable to do that."),
        completion(None, message={"refusal": "I will not describe faces."}),
        completion("", message={"refusal": "I will not describe faces."}),
        reasoned("<think>May I?</think>\nI'm sorry, but I can't help with that."),
    ],
)
def test_a_refusal_fails_its_class_is_shown_and_never_served(describe: Describe, reply: Reply) -> None:
    with LlmServer(about("disgust", reply)) as server:
        done = describe(server)
        assert len(server.requests) == CLASSES
        check_refused(
            done, 5, "1 of 7 answers are unusable: disgust: the model refused: ", "change the prompt"
        )
        assert describe.kept == Kept(answers=["clean"] * 5 + ["refused", "clean"])
        check_refused(describe(server), 5, "the model refused")
        assert len(server.requests) == CLASSES + 1
        check_refused(describe(server, "--offline"), 4, "1 of 7 answers are not cached: disgust")
    assert describe.kept.sets == 0


def test_a_refusal_in_the_responses_api_is_one_too(describe: Describe) -> None:
    refusal = {"type": "refusal", "refusal": "I will not describe faces."}
    content = {"output": [{"type": "message", "role": "assistant", "content": [refusal]}]}

    def answer(question: str, number: int) -> Reply:
        if "disgust" in question:
            return response("", **content)
        return response(f"1. first sign {asked_class(question)}\n2. second sign {number}")

    with LlmServer(answer) as server:
        done = describe(server, "--api responses")
        assert len(server.requests) == CLASSES
    check_refused(done, 5, "disgust: the model refused: 'I will not describe faces.'")
    assert describe.kept == Kept(answers=["clean"] * 5 + ["refused", "clean"])


# d2: Content filter


@pytest.mark.parametrize("text", ["", "1. wrinkled nose", None])
def test_an_answer_that_a_filter_cut_fails_its_class(describe: Describe, text: str | None) -> None:
    with LlmServer(about("disgust", completion(text, finish_reason="content_filter"))) as server:
        done = describe(server, "--accept-truncated")
        assert len(server.requests) == CLASSES
    check_refused(done, 5, "disgust: the server's content filter cut the answer", "change the prompt")
    assert describe.kept == Kept(answers=["clean"] * 5 + ["content_filter", "clean"])


@pytest.mark.parametrize("code", ["content_filter", "content_policy_violation"])
def test_a_question_that_a_filter_refuses_fails_its_class_and_the_others_go_on(
    describe: Describe, code: str
) -> None:
    with LlmServer(about("disgust", error(400, "The prompt triggered a policy.", code=code))) as server:
        done = describe(server)
        assert len(server.requests) == CLASSES
    check_refused(done, 5, "1 of 7 answers are unusable", "triggered a policy")
    assert describe.kept == Kept(answers=["clean"] * 6, attempts=[("content filter", 400)])


# d2: Empty answer


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (completion(""), "the answer is empty"),
        (completion(None), "the answer is empty"),
        (completion(" \n\t\u00a0"), "the answer is empty"),
        (completion("", finish_reason=None), "the answer is empty"),
        (reasoned(""), "the answer is empty, all was reasoning: raise --max-output-tokens"),
        (reasoned(None, field="reasoning_content"), "the answer is empty, all was reasoning"),
        (completion("<think>brows…"), "the answer is empty, all was reasoning"),
        (completion("<think>brows</think>\n"), "the answer is empty, all was reasoning"),
    ],
)
def test_an_empty_answer_is_asked_for_once_more_and_then_fails_its_class(
    describe: Describe, reply: Reply, said: str
) -> None:
    with LlmServer(about("fear", reply)) as server:
        done = describe(server, "--attempts 1")
        assert len(server.requests) == CLASSES + 1
    check_refused(done, 5, f"1 of 7 answers are unusable: fear: {said}")
    assert describe.kept == Kept(answers=["clean"] * 6 + ["empty"] * 2)


def test_an_answer_that_was_empty_by_accident_costs_one_more_request(describe: Describe) -> None:
    with LlmServer(about("happiness", completion(""), times=1)) as server:
        done = describe(server, "--json")
        assert len(server.requests) == CLASSES + 1
        assert describe(server, "--json").json["calls"]["made"] == 0
    assert done.json["calls"] == {"cached": 0, "made": CLASSES + 1, "failed": 0}
    assert done.json["usage"]["output_tokens"] == 20 * (CLASSES + 1)
    assert describe.kept == Kept(answers=["empty", *CLEAN], sets=1)
    assert describe.query("SELECT generation FROM answers ORDER BY id LIMIT 2") == [(0,), (1,)]


# d2: Reasoning ate the budget


@pytest.mark.parametrize(
    "reply",
    [
        reasoned("", finish_reason="length"),
        reasoned(None, finish_reason="length", field="reasoning_content"),
        completion("<think>First the brows, then", finish_reason="length"),
    ],
)
def test_reasoning_that_used_up_the_limit_says_what_to_raise_or_lower(
    describe: Describe, reply: Reply
) -> None:
    with LlmServer(about("fear", reply)) as server:
        done = describe(server, "--max-output-tokens 50")
        assert len(server.requests) == CLASSES
        check_refused(done, 5, "used up by reasoning: raise --max-output-tokens, or lower --reasoning-effort")
        # There is nothing in it that could be taken.
        check_refused(
            describe(server, "--max-output-tokens 50 --accept-truncated"), 5, "used up by reasoning"
        )
        assert len(server.requests) == CLASSES + 1
    assert describe.kept == Kept(answers=["clean"] * 6 + ["unfinished"] * 2)


def test_reasoning_that_used_up_the_limit_of_the_responses_api_is_told_too(describe: Describe) -> None:
    cut = response("", status="incomplete", incomplete_details={"reason": "max_output_tokens"})

    def answer(question: str, number: int) -> Reply:
        return cut if "fear" in question else response(f"1. sign {asked_class(question)}\n2. other {number}")

    with LlmServer(answer) as server:
        done = describe(server, "--api responses --max-output-tokens 50")
        assert len(server.requests) == CLASSES
    check_refused(done, 5, "fear: the output limit was used up by reasoning: raise --max-output-tokens")
    assert describe.kept == Kept(answers=["clean"] * 6 + ["unfinished"])


# d2: `max_completion_tokens` ignored


def test_a_server_that_ignores_the_output_limit_is_warned_of(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        usage = {"prompt_tokens": 30, "completion_tokens": 422}
        return completion(f"1. first sign {asked_class(question)}\n2. second sign {number}", usage=usage)

    with LlmServer(answer) as server:
        done = describe(server, "--max-output-tokens 10 --json")
        # The name that local servers heed; `test_transport_faults.py` has the names of all providers.
        assert {request["max_tokens"] for request in server.requests} == {10}
        again = describe(server, "--max-output-tokens 10 --json")
    warning = "the server ignored the output limit: 422 tokens where 10 were allowed"
    assert done.json["warnings"] == again.json["warnings"] == [warning]
    assert done.err.count(warning) == 1
    assert describe.kept == Kept(answers=CLEAN, sets=1)


# The lines about reading: each through the command, with one class that is answered so.


def describe_anger(describe: Describe, text: str, options: str = "") -> tuple[dict, list[str]]:
    """Anger as the command describes it, and the parts of its answer that were left out."""
    (describe.folder / "two.json").write_text('["anger", "fear"]')

    def answer(question: str, number: int) -> Reply:
        return completion(text if "anger" in question else "1. wide open eyes\n2. parted lips")

    with LlmServer(answer) as server:
        done = describe(server, f"--classes two.json --json {options}")
        assert len(server.requests) == 2
    assert done.code == 0, done.err
    assert describe.kept == Kept(answers=["clean"] * 2, sets=1)
    # The answer itself stays as it came.
    assert describe.query("SELECT text FROM answers ORDER BY id")[0] == (text,)
    (ignored,) = describe.query("SELECT ignored FROM parses ORDER BY id")[0]
    return done.json["classes"][0], json.loads(ignored)


SIGNS = ["lowered brows", "2 vertical lines between them", "glaring eyes"]


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        # `<think>…</think>` in content
        ("<think>Brows? - yes\n- and eyes</think>\n\n- lowered brows\n- glaring eyes", [SIGNS[0], SIGNS[2]]),
        # Bullets
        *(("\n".join(f"{bullet} {sign}" for sign in SIGNS), SIGNS) for bullet in "-*•–·"),
        ("Eyebrows:\n- lowered\n- drawn together\nMouth:\n- pressed lips",
         ["eyebrows lowered", "eyebrows drawn together", "pressed lips"]),
        ("- Eyebrows\n  - lowered\n  - drawn together\n- Mouth\n  - pressed lips",
         ["eyebrows lowered", "eyebrows drawn together", "pressed lips"]),
        # Numbered
        ("1. lowered brows\n2. 2 vertical lines between them\n3. glaring eyes", SIGNS),
        ("1) lowered brows\n2) 2 vertical lines between them\n3) glaring eyes", SIGNS),
        ("(1) lowered brows\n(2) 2 vertical lines between them\n(3) glaring eyes", SIGNS),
        ("a. lowered brows\nb. 2 vertical lines between them\nc. glaring eyes", SIGNS),
        # Bold heads
        ("1. **Eyebrows**: lowered\n2. **Eyes:** narrowed eyes",
         ["eyebrows lowered", "narrowed eyes"]),
        ("**1. Lowered brows**\n**2. Glaring eyes**", ["lowered brows", "glaring eyes"]),
        # Markdown headings, code fences, tables, JSON in a fence
        ("# Visual features\n\n1. lowered brows\n2. glaring eyes", ["lowered brows", "glaring eyes"]),
        ("```\n- lowered brows\n- glaring eyes\n```", ["lowered brows", "glaring eyes"]),
        ('```json\n["lowered brows", "glaring eyes"]\n```', ["lowered brows", "glaring eyes"]),
        ("| Part | Sign |\n|---|---|\n| Brows | lowered |\n| Eyes | glaring |",
         ["brows lowered", "eyes glaring"]),
        # Plain sentence with commas
        ("a smiling mouth, raised cheeks, and arched eyebrows.",
         ["a smiling mouth", "raised cheeks", "arched eyebrows"]),
        # `A: Some useful visual features … include:` echo
        ("A: Some useful visual features of anger include: lowered brows, glaring eyes and tight lips.",
         ["lowered brows", "glaring eyes", "tight lips"]),
        ("Useful visual features for the facial expression of anger are:\n- lowered brows\n- glaring eyes",
         ["lowered brows", "glaring eyes"]),
        # Emoji, smart quotes, `&nbsp;`
        ("1. “lowered” brows 😠\n2. the eyes’ glare\n3. tight&nbsp;lips",
         ['"lowered" brows', "the eyes' glare", "tight lips"]),
    ],
)  # fmt: skip
def test_every_style_of_list_comes_through(describe: Describe, text: str, signs: list[str]) -> None:
    anger, _ = describe_anger(describe, text)
    assert anger["descriptors"] == signs
    assert anger["warnings"] == []


@pytest.mark.parametrize(
    "prompt",
    ["Q: What shows {{ class_name }}?\nA:", "What shows {{ class_name }}?\nAnswer with a list.\nBe brief."],
    ids=["one line", "three lines, of which the answer repeats one"],
)
def test_of_several_questions_in_an_answer_the_one_that_was_asked_counts(
    describe: Describe, prompt: str
) -> None:
    (describe.folder / "short.j2").write_text(prompt)
    of_fear, of_anger = (
        "Q: What shows fear?\nA: open mouth",
        "Q: What shows anger?\nA: lowered brows, glaring eyes",
    )
    anger, ignored = describe_anger(describe, f"{of_fear}\n\n{of_anger}", "--prompt short.j2")
    assert anger["descriptors"] == ["lowered brows", "glaring eyes"]
    assert "only the part about this one was used" in anger["warnings"][0]
    assert any("open mouth" in part for part in ignored)


def test_what_stands_around_a_list_is_left_out_and_kept_with_the_parse(describe: Describe) -> None:
    text = "Sure! Here are the features:\n1. lowered brows\n2. glaring eyes\nNote that people differ."
    anger, ignored = describe_anger(describe, text)
    assert anger["descriptors"] == ["lowered brows", "glaring eyes"]
    assert ignored == ["Sure! Here are the features:", "Note that people differ."]


# d2: Truncated (`length`) with text


CUT = completion("1. lowered brows\n2. glaring eyes\n3. a jaw that is clen", finish_reason="length")


def test_a_cut_answer_is_not_used_unless_the_user_says_so_and_then_without_its_last_item(
    describe: Describe,
) -> None:
    with LlmServer(about("anger", CUT)) as server:
        done = describe(server)
        assert len(server.requests) == CLASSES
        check_refused(done, 5, "anger: the answer was cut at the output limit", "--max-output-tokens")
        check_refused(done, 5, "--accept-truncated")
        assert describe.kept == Kept(answers=["clean"] * 3 + ["length"] + ["clean"] * 3)
        taken = describe(server, "--accept-truncated --json")
        # It was paid for and is there.
        assert len(server.requests) == CLASSES
    anger = taken.json["classes"][DFEW.names.index("anger")]
    assert anger["descriptors"] == ["lowered brows", "glaring eyes"]
    assert anger["dropped"] == ["a jaw that is clen"]
    assert "the answer was cut" in " ".join(anger["warnings"])
    assert "a jaw that is clen" in " ".join(anger["warnings"])
    (provenance,) = describe.query("SELECT provenance FROM description_sets")[0]
    assert json.loads(provenance)["truncated"] == ["anger"]
    assert describe.kept.sets == 1


def test_a_cut_answer_that_is_nothing_but_its_last_item_leaves_nothing(describe: Describe) -> None:
    with LlmServer(about("anger", completion("1. a jaw that is clen", finish_reason="length"))) as server:
        done = describe(server, "--accept-truncated")
        assert len(server.requests) == CLASSES
    check_refused(done, 5, "anger: no descriptor was found in the answer")
    assert describe.kept.sets == 0


def test_a_whole_answer_that_comes_later_is_preferred_to_a_cut_one(describe: Describe) -> None:
    with LlmServer(about("anger", CUT, times=1)) as server:
        check_refused(describe(server), 5, "cut at the output limit")
        assert describe(server).code == 0
        again = describe(server, "--accept-truncated --json").json
        assert len(server.requests) == CLASSES + 1
    assert (again["created"], again["calls"]["cached"]) == (False, CLASSES)
    assert describe.query("SELECT count(*) FROM description_sets") == [(1,)]


# d2: Truncated without saying so


@pytest.mark.parametrize("end", ["a jaw that is set and the", "the corners of", "lips pressed,"])
def test_an_answer_that_looks_cut_is_only_warned_of(describe: Describe, end: str) -> None:
    anger, _ = describe_anger(describe, f"1. lowered brows\n2. glaring eyes\n3. {end}")
    assert "the answer looks cut off" in " ".join(anger["warnings"])


# d2: Zero descriptors parsed


@pytest.mark.parametrize("text", ["Sure! Here they are:", "1.\n2.\n3.", "...", "Feel free to ask!"])
def test_a_class_without_descriptors_makes_no_set_and_its_answer_stays(describe: Describe, text: str) -> None:
    with LlmServer(about("anger", completion(text))) as server:
        done = describe(server)
        assert len(server.requests) == CLASSES
        check_refused(done, 5, "no description set was saved: anger: no descriptor was found", "--refresh")
        check_refused(describe(server), 5, "anger: no descriptor was found")
        assert len(server.requests) == CLASSES
    assert describe.kept == Kept(answers=CLEAN)


def test_every_class_with_a_problem_is_named_at_once(describe: Describe) -> None:
    with LlmServer(lambda question, number: completion("Sure!")) as server:
        done = describe(server)
    check_refused(done, 5, *(f"{name}: no descriptor was found" for name in DFEW.names))


# d2: One descriptor or > N


def test_one_descriptor_is_warned_of_and_more_than_wanted_are_left_out(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        name = asked_class(question)
        signs = 1 if name == "fear" else 5
        return completion("\n".join(f"{i}. sign {i} of {name}" for i in range(1, signs + 1)))

    with LlmServer(answer) as server:
        done = describe(server, "--keep 3 --json")
        shown = describe(server, "--keep 3")
    happiness, *_, fear = done.json["classes"]
    assert "only one descriptor was found" in fear["warnings"]
    assert happiness["descriptors"] == [f"sign {i} of happiness" for i in (1, 2, 3)]
    assert happiness["dropped"] == [f"sign {i} of happiness" for i in (4, 5)]
    assert "left out 12 descriptors; dfer sets show v1 --json names them" in shown.err


# d2: Duplicates inside a class


def test_what_is_the_same_to_clip_is_kept_once_and_reported(describe: Describe) -> None:
    anger, _ = describe_anger(describe, "1. A  lowered\tbrow\n2. glaring eyes\n3. a LOWERED brow")
    assert [sign.lower() for sign in anger["descriptors"]] == ["a lowered brow", "glaring eyes"]
    assert "a duplicate was removed: 'a LOWERED brow'" in anger["warnings"][0]


# d2: Same description for two classes


def test_two_classes_with_the_same_words_cannot_make_a_set(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        if "anger" in question:
            return completion("1. Wide  eyes\n2. open mouth")
        return completion("- wide EYES\n- open mouth") if "fear" in question else good(question, number)

    with LlmServer(answer) as server:
        done = describe(server)
        assert len(server.requests) == CLASSES
    check_refused(
        done, 5, "anger and fear: the same text, so CLIP cannot tell them apart", "change the prompt"
    )
    assert describe.kept == Kept(answers=CLEAN)


# d2: High overlap between classes


def test_a_descriptor_of_two_classes_is_warned_of_with_both_names(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        signs = {"anger": "glaring eyes", "fear": "wide eyes"}
        own = [sign for name, sign in signs.items() if name in question]
        return completion(f"1. {own[0]}\n2. Tense jaw") if own else good(question, number)

    with LlmServer(answer) as server:
        done = describe(server, "--json")
    classes = {c["class"]: c["warnings"] for c in done.json["classes"]}
    assert classes["anger"] == ["'tense jaw' is also said of fear"]
    assert classes["fear"] == ["'tense jaw' is also said of anger"]
    assert describe.kept.sets == 1


# d2: Class word leaks


@pytest.mark.parametrize(
    ("name", "leak"),
    [("anger", "a face full of anger"), ("anger", "an angry face"), ("happiness", "a happy face"),
     ("happiness", "a Happiness that shines"), ("sadness", "sad eyes"), ("surprise", "a surprised look"),
     ("fear", "fearful eyes"), ("disgust", "a disgusted mouth"), ("neutral", "a neutral mouth")],
)  # fmt: skip
def test_a_class_name_in_its_own_text_is_warned_of(describe: Describe, name: str, leak: str) -> None:
    def answer(question: str, number: int) -> Reply:
        return completion(
            f"1. lip number {number}\n2. {leak if name in question else f'brow number {number}'}"
        )

    with LlmServer(answer) as server:
        done = describe(server, "--json")
    classes = {c["class"]: c["warnings"] for c in done.json["classes"]}
    assert [name for name, warnings in classes.items() if warnings] == [name]
    (warning,) = classes[name]
    assert name in warning
    assert "is in the text" in warning


@pytest.mark.parametrize(
    "text", ["angled brows", "a saddle of the nose", "eyes that endanger nobody", "sandy brows"]
)
def test_a_word_that_only_begins_like_a_class_name_is_no_leak(describe: Describe, text: str) -> None:
    def answer(question: str, number: int) -> Reply:
        return completion(f"1. lip number {number}\n2. {text} number {number}")

    with LlmServer(answer) as server:
        done = describe(server, "--json")
    assert [c["warnings"] for c in done.json["classes"]] == [[]] * CLASSES


# d2: Non-English


@pytest.mark.parametrize(
    "text",
    [
        "1. 眉头紧锁\n2. 眼睛圆睁\n3. 嘴唇紧闭",
        "1. нахмуренные брови\n2. сжатые губы",
        "1. die Augenbrauen zusammengezogen\n2. der Mund und die Lippen fest geschlossen",
        "1. las cejas fruncidas hacia los ojos\n2. los labios de la boca apretados",
    ],
    ids=["Chinese", "Russian", "German", "Spanish"],
)
def test_words_that_clip_does_not_know_are_refused_unless_the_user_takes_them(
    describe: Describe, text: str
) -> None:
    with LlmServer(about("anger", completion(text))) as server:
        done = describe(server)
        check_refused(done, 5, "no description set was saved: anger: ", "--allow-non-english")
        assert describe.kept == Kept(answers=CLEAN)
        assert describe(server, "--allow-non-english").code == 0
        assert len(server.requests) == CLASSES
    assert describe.kept == Kept(answers=CLEAN, sets=1)


# d2: Control/special tokens in text


@pytest.mark.parametrize(
    "token",
    [
        "<start_of_text>",
        "<end_of_text>",
        "<END_OF_TEXT>",
        "&lt;end_of_text&gt;",
        "<|startoftext|>",
        "<|endoftext|>",
    ],
)
def test_a_token_at_which_clip_stops_reading_is_refused(describe: Describe, token: str) -> None:
    reply = completion(f"1. lowered brows {token}\n2. glaring eyes")
    with LlmServer(about("anger", reply)) as server:
        done = describe(server)
        check_refused(done, 5, "anger: the text contains '<", "at which CLIP would stop reading", "--refresh")
        assert len(server.requests) == CLASSES
    assert describe.kept == Kept(answers=CLEAN)


@pytest.mark.parametrize("character", ["\x1b[31m", "\x00", "\u202e", "\x08"])
def test_a_control_character_makes_an_answer_unusable_and_is_never_printed(
    describe: Describe, character: str
) -> None:
    reply = completion(f"1. lowered brows\n2. glaring {character} eyes")
    with LlmServer(about("anger", reply)) as server:
        done = describe(server)
        assert len(server.requests) == CLASSES
    check_refused(done, 5, "anger: the answer holds the control character")
    assert character not in done.err
    assert describe.kept == Kept(answers=["clean"] * 3 + ["garbled"] + ["clean"] * 3)


# d2: Over limit


def long_signs(name: str) -> list[str]:
    return [f"sign number {i} of {name} with many more words than anybody needs" for i in range(1, 9)]


def long_answer(question: str, number: int) -> Reply:
    signs = long_signs(asked_class(question))
    return completion("\n".join(f"{i}. {sign}" for i, sign in enumerate(signs, 1)))


def test_text_over_the_budget_names_class_count_budget_and_the_words_beyond(describe: Describe) -> None:
    with LlmServer(about("anger", long_answer("anger", 1))) as server:
        done = describe(server)
        assert len(server.requests) == CLASSES
    text = ", ".join(long_signs("anger")[:-1]) + f", and {long_signs('anger')[-1]}."
    check_refused(done, 5, f"anger: {count_tokens(text)} tokens, but the budget is 67; beyond it: '")
    check_refused(done, 5, "than anybody needs.'", "--on-overflow trim", "has the LLM shorten")
    assert describe.kept == Kept(answers=CLEAN)


def test_trimming_drops_whole_descriptors_from_the_end_and_records_them(describe: Describe) -> None:
    with LlmServer(long_answer) as server:
        done = describe(server, "--on-overflow trim --json")
        assert len(server.requests) == CLASSES
    for described in done.json["classes"]:
        assert described["tokens"] <= 67
        assert [*described["descriptors"], *described["dropped"]] == long_signs(described["class"])
        assert described["dropped"]
    rows = describe.query("SELECT dropped FROM descriptions ORDER BY position")
    assert [json.loads(dropped) for (dropped,) in rows] == [c["dropped"] for c in done.json["classes"]]


def test_one_descriptor_over_the_budget_is_never_cut(describe: Describe) -> None:
    with LlmServer(about("anger", completion(f"1. {'brow ' * 70}"))) as server:
        done = describe(server, "--on-overflow trim")
    check_refused(done, 5, "anger: 71 tokens, but the budget is 67")
    assert describe.kept.sets == 0


def shortening(shorter: str):
    """A server with long answers for anger, that says this when it is asked for less."""

    def answer(question: str, number: int) -> Reply:
        if question.startswith("Shorten this description"):
            return completion(shorter)
        return long_answer(question, number) if "anger" in question else good(question, number)

    return answer


def test_the_llm_is_asked_for_fewer_words_where_the_user_says_so(describe: Describe) -> None:
    with LlmServer(shortening("lowered brows, glaring eyes, tight lips")) as server:
        done = describe(server, "--on-overflow ask --json")
        assert len(server.requests) == CLASSES + 1
        again = describe(server, "--on-overflow ask --json").json
        assert len(server.requests) == CLASSES + 1
    question = server.questions[-1]
    assert "facial expression of anger to at most 41 words" in question
    assert long_signs("anger")[-1] in question
    anger = done.json["classes"][DFEW.names.index("anger")]
    assert anger["descriptors"] == ["lowered brows", "glaring eyes", "tight lips"]
    assert "shortened by asking, from" in anger["warnings"][0]
    assert (again["created"], again["calls"]["cached"]) == (False, CLASSES + 1)
    assert describe.kept == Kept(answers=["clean"] * (CLASSES + 1), sets=1)
    (provenance,) = describe.query("SELECT provenance FROM description_sets")[0]
    assert json.loads(provenance)["shortened"] == ["anger"]
    sources = "SELECT count(*) FROM description_parses WHERE position = (SELECT position FROM descriptions"
    assert describe.query(f"{sources} WHERE class_name = 'anger')") == [(2,)]


def test_a_text_that_stays_too_long_when_less_was_asked_for_makes_no_set(describe: Describe) -> None:
    with LlmServer(shortening(", ".join(long_signs("anger")))) as server:
        done = describe(server, "--on-overflow ask")
        assert len(server.requests) == CLASSES + 1
    check_refused(done, 5, "anger: ", "but the budget is 67")
    assert describe.kept == Kept(answers=["clean"] * (CLASSES + 1))


def test_a_refusal_to_shorten_is_told_and_all_answers_are_kept(describe: Describe) -> None:
    with LlmServer(shortening("I'm sorry, but I can't do that.")) as server:
        done = describe(server, "--on-overflow ask")
        assert len(server.requests) == CLASSES + 1
    check_refused(done, 5, "anger (again): the model refused")
    assert describe.kept == Kept(answers=[*CLEAN, "refused"])


# d2: Limit depends on the model


def test_the_budget_follows_the_context_tokens(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        return completion(f"1. {'brow ' * 68} {asked_class(question)}")

    with LlmServer(answer) as server:
        check_refused(describe(server), 5, "70 tokens, but the budget is 67")
        made = describe(server, "--context-tokens 4 --json").json
        check_refused(
            describe(server, "--context-tokens 75"), 2, "75 context tokens leave no room", "0 to 74"
        )
        assert len(server.requests) == CLASSES
    assert (made["budget"], made["classes"][0]["tokens"]) == (71, 70)


# d2: Template has no variable, or renders equal prompts; Undefined variable; Hostile template file


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("What does a face look like?", ["never uses the class", "use {{ class_name }} in it"]),
        ("What about {class}?", ["the literal text '{class}'", "use {{ class_name }}"]),
        ("{% if class_name %}same for all{% endif %}", ["asks the same question", "use {{ class_name }}"]),
        ("{% if components %}{{ class_name }}{% endif %}", ["renders nothing for class 'happiness'"]),
        ("{{ class_name }} {{ emotion }}", ["uses emotion, which dfer does not give it", "class_name"]),
        ("{{ class_name", ["is not a Jinja2 template"]),
        ("{{ class_name }} {{ components[9] }}", ["cannot be rendered for 'happiness'"]),
        ("{{ class_name }} {{ ''.__class__ }}", ["cannot be rendered", "unsafe"]),
        ("{{ class_name }} {{ ''.__class__.__mro__[1].__subclasses__() }}", ["cannot be rendered", "unsafe"]),
        ("{{ class_name }} {{ others.append('x') }}", ["cannot be rendered"]),
        ("{{ class_name }}{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
         ["over 100,000 characters"]),
        ("{% include '/etc/passwd' %}{{ class_name }}", ["cannot be rendered"]),
    ],
)  # fmt: skip
def test_a_template_that_would_waste_money_or_do_harm_is_refused_before_anything_is_asked(
    describe: Describe, template: str, said: list[str]
) -> None:
    (describe.folder / "mine.j2").write_text(template)
    with LlmServer(good) as server:
        done = describe(server, "--prompt mine.j2")
        assert server.connections == 0
    check_refused(done, 5, "prompt mine", *said)
    assert not (describe.folder / "dfer.db").exists()


def test_a_question_is_sent_as_it_was_rendered_without_escapes_and_without_its_last_line_break(
    describe: Describe,
) -> None:
    (describe.folder / "mine.j2").write_text('What shows <{{ class_name }}> & "more"?\n\n')
    with LlmServer(good) as server:
        assert describe(server, "--prompt mine.j2").code == 0
    assert server.questions[0] == 'What shows <happiness> & "more"?'
    assert describe.query("SELECT text FROM prompts") == [('What shows <{{ class_name }}> & "more"?\n\n',)]


# d2: Class-set problems


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('["missile", "crane", "missile"]', "class 'missile' is listed twice"),
        ('["happy face", "happy_face"]', "differ only in spelling"),
        ('["calm", ""]', "empty"),
        ("[]", "at least two"),
        ('[{"name": "a", "display": "x"}, {"name": "b", "display": "X"}]', "both displayed as"),
        ("not json", "cannot be parsed"),
    ],
)
def test_a_class_set_that_would_lose_classes_is_refused_before_anything_is_asked(
    describe: Describe, content: str, said: str
) -> None:
    (describe.folder / "mine.json").write_text(content)
    with LlmServer(good) as server:
        done = describe(server, "--classes mine.json")
        assert server.connections == 0
    check_refused(done, 5, "mine.json", said)


def test_classes_are_known_by_their_names_and_shown_by_their_labels_in_the_order_of_the_file(
    describe: Describe,
) -> None:
    classes = [{"name": "4", "display": "missile"}, {"name": "2", "display": "crane"}]
    (describe.folder / "mine.json").write_text(json.dumps(classes))
    with LlmServer(lambda question, number: completion(f"1. long nose {number}\n2. eye {number}")) as server:
        done = describe(server, "--classes mine.json --json")
    assert [c["class"] for c in done.json["classes"]] == ["4", "2"]
    assert ["missile" in server.questions[0], "crane" in server.questions[1]] == [True, True]


# Several samples of one question


def test_samples_are_separate_requests_with_separate_keys(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        name = asked_class(question)
        return completion(f"1. common sign of {name}\n2. sign {number} of {name}")

    with LlmServer(answer) as server:
        done = describe(server, "--samples 3 --json")
        assert len(server.requests) == 3 * CLASSES
        again = describe(server, "--samples 3 --json").json
        fewer = describe(server, "--samples 2 --json").json
        assert len(server.requests) == 3 * CLASSES
        more = describe(server, "--samples 4 --json").json
        assert len(server.requests) == 4 * CLASSES
    # The server sees the same request three times and nothing of their number.
    assert server.requests[0] == server.requests[1] == server.requests[2]
    assert set(server.requests[0]) == {"path", "model", "messages"}
    assert describe.query("SELECT count(DISTINCT key), count(*) FROM answers") == [(4 * CLASSES,) * 2]
    indices = "SELECT identity ->> 'sample_index', count(*) FROM answers GROUP BY 1"
    assert describe.query(indices) == [(index, CLASSES) for index in range(4)]
    # What most samples say comes first.
    assert done.json["classes"][0]["descriptors"] == ["common sign of happiness"] + [
        f"sign {number} of happiness" for number in (1, 2, 3)
    ]
    assert done.json["calls"] == {"cached": 0, "made": 21, "failed": 0}
    assert (again["created"], again["calls"]["cached"]) == (False, 21)
    assert (fewer["calls"], more["calls"]["made"]) == ({"cached": 14, "made": 0, "failed": 0}, 7)


def test_a_sample_that_is_missing_is_named_and_only_that_is_asked_for_again(describe: Describe) -> None:
    broken = True

    def answer(question: str, number: int) -> Reply:
        return error(500, "down") if broken and number in (2, 3) else good(question, number)

    with LlmServer(answer) as server:
        done = describe(server, "--samples 2 --attempts 2")
        check_refused(done, 4, "13 of 14 answers are there; missing: happiness #2")
        broken = False
        assert describe(server, "--samples 2").code == 0
        assert len(server.requests) == 13 + 2 + 1
    assert describe.kept == Kept(answers=["clean"] * 14, attempts=[("server error", 500)] * 2, sets=1)


# Other ends of an answer


def test_an_answer_that_ends_in_a_call_of_a_tool_is_unfinished(describe: Describe) -> None:
    with LlmServer(about("fear", completion("1. wide eyes", finish_reason="tool_calls"))) as server:
        done = describe(server)
        assert len(server.requests) == CLASSES
    check_refused(done, 5, "fear: the answer did not end by itself (finish_reason 'tool_calls')")
    assert describe.kept == Kept(answers=["clean"] * 6 + ["unfinished"])


def test_answers_of_several_models_under_one_name_are_warned_of(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        name = asked_class(question)
        return completion(f"1. sign {name}\n2. other {name}", model=f"gpt-6-2026-0{1 + number % 2}-01")

    with LlmServer(answer) as server:
        done = describe(server, "--json")
    assert done.json["warnings"] == [
        "the answers come from several models: 'gpt-6-2026-01-01', 'gpt-6-2026-02-01'"
    ]


def test_an_answer_in_parts_is_joined(describe: Describe) -> None:
    def answer(question: str, number: int) -> Reply:
        parts = [
            {"type": "text", "text": f"1. sign {number}\n2. br"},
            {"type": "text", "text": f"ows {number}"},
        ]
        message = {"role": "assistant", "content": parts}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return Reply(body=json.dumps({"choices": [choice]}).encode(), headers=JSON)

    with LlmServer(answer) as server:
        done = describe(server, "--json")
    assert done.json["classes"][0]["descriptors"] == ["sign 1", "brows 1"]
