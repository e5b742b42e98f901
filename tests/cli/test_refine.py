"""`dfer refine`, as a user types it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dfer.class_sets import load_class_set
from dfer.clips.synthetic.world import draw_world
from tests.cli.conftest import Dfer
from tests.llm_server import LlmServer, Reply, completion, error
from tests.refine.names_to_words import with_validation_split

TINY = "--clip tiny --workers 0 --accelerator cpu"
DATA = "--data world/split.csv --workers 0 --accelerator cpu"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """21 clips to test, 14 to validate and 7 to train on."""
    folder = tmp_path_factory.mktemp("refine") / "world"
    drawn = draw_world(
        folder, class_set=load_class_set("dfew7"), clips=42, seed=3, size=64, frames=4, folds=2
    )
    with_validation_split(drawn)
    return folder


@pytest.fixture
def ready(dfer: Dfer, world: Path) -> Dfer:
    """That world as ./world, v1 (the offline author) and v2 (the names control)."""
    Path("world").symlink_to(world)
    assert dfer("describe --classes dfew7 --model builtin/facs -q").code == 0
    assert dfer("sets control v1 --kind names -q").code == 0
    return dfer


def test_refining_from_names_tells_every_round_and_stores_every_candidate(ready: Dfer) -> None:
    found = ready(f"refine v2 {DATA} --clip tiny --rounds 3 --alias better --json").json
    assert found["start"] == "v2"
    assert found["val_clips"] == 14
    assert found["calls"] == {"cached": 0, "made": 3, "failed": 0}
    assert (found["run"], found["end"]) == (None, "rounds")
    assert found["rounds"]
    for one in found["rounds"]:
        assert {
            "round", "parent", "pair", "question", "candidate",
            "uar_before", "uar_after", "kept", "reason", "calls",
        } <= one.keys()  # fmt: skip
        name, other = one["pair"]
        assert one["question"].startswith(f"What distinguishes {name} from {other} on the face?")
        assert re.fullmatch(
            rf"{name} taken for {other} in \d+ of \d+ validation clips of csv fold 1, zero-shot by tiny",
            one["reason"],
        )
        shown = ready(f"sets show {one['candidate']} --json").json
        assert shown["note"] == one["reason"]
        assert shown["provenance"]["change"]["refine"]["class"] == name
    assert found["uar_after"] == max([found["uar_before"], *(one["uar_after"] for one in found["rounds"])])
    assert ready("sets show @better --json").json["set"] == found["best"]
    assert ready("runs list --json").json["runs"] == []
    assert ready("db check").code == 0


def test_the_same_call_again_asks_nothing_and_says_the_same(ready: Dfer) -> None:
    first = ready(f"refine v2 {DATA} --clip tiny --rounds 3 --max-calls 2 --json").json
    again = ready(f"refine v2 {DATA} --clip tiny --rounds 3 --max-calls 2 --json").json
    assert again["calls"] == {"cached": first["calls"]["made"], "made": 0, "failed": 0}
    assert again["best_hash"] == first["best_hash"]
    for one in (first, again):
        for row in (one, *one["rounds"]):
            del row["calls"]
    assert again == first


def test_the_last_line_says_the_best_set_its_gain_and_what_it_took(ready: Dfer) -> None:
    done = ready(f"refine v2 {DATA} --clip tiny --rounds 2")
    assert done.code == 0
    assert re.fullmatch(
        r"v\d is the best of [23] sets: UAR \d+\.\d → \d+\.\d on 14 validation clips \(v2 → v\d\) · "
        r"0 cached · 2 asked · 0 failed",
        done.out.splitlines()[-1],
    )
    assert "round 1: " in done.err
    assert "weights are random" in done.err
    assert "few validation clips" in done.err
    assert ("is optimistic" in done.err) != ("nothing scored higher than v2" in done.err)
    assert ready(f"refine v2 {DATA} --clip tiny --rounds 2 -q").err == ""


def test_with_a_trained_run_its_weights_score_the_new_words(ready: Dfer) -> None:
    train = f"train -d v1 {DATA} --clip tiny --epochs 1 --batch-size 4 --set frames=2 -q"
    assert ready(f"{train} --selection best-val").code == 0
    found = ready(f"refine v2 --run r1 {DATA} --rounds 2 --json")
    assert found.json["run"] == "r1"
    assert found.json["rounds"][0]["reason"].endswith("validation clips of r1")
    assert "learned its context beside the words" in found.err
    # The run's own words on the clips that it was selected by.
    own = ready(f"refine v1 --run r1 {DATA} --rounds 1 --json").json
    history = ready("runs show r1 --json").json["history"]
    assert own["uar_before"] == pytest.approx(history[-1]["uar"], abs=1e-6)
    done = ready(f"refine v2 --run r1 {DATA} --fold 1")
    assert (done.code, "--fold does not go with --run" in done.err) == (2, True)


def test_a_zero_shot_run_decides_how_clips_are_scored(ready: Dfer) -> None:
    assert ready(f"evaluate -d v1 {DATA} --clip tiny --set frames=2 -q").code == 0
    by_run = ready(f"refine v2 --run r1 {DATA} --rounds 1 --json").json
    said = ready(f"refine v2 {DATA} --clip tiny --set frames=2 --rounds 1 --json").json
    assert by_run["uar_before"] == said["uar_before"]
    assert by_run["rounds"][0]["uar_after"] == said["rounds"][0]["uar_after"]
    assert by_run["rounds"][0]["reason"].endswith("of r1")


def test_runs_that_cannot_judge_words_are_refused_with_a_reason(ready: Dfer) -> None:
    carved = "--data world/clips.csv --workers 0 --accelerator cpu"
    quick = "--clip tiny --epochs 1 --batch-size 4 --set frames=2 -q"
    assert ready(f"train -d v1 {carved} {quick} --recipe linear-probe").code == 0
    assert ready(f"train -d v1 {carved} {quick} --recipe coop").code == 0
    assert ready(f"evaluate -d v2 --run r2 {carved} -q").code == 0
    for run, said in (
        ("r1", "reads no words"),
        ("r2", "none are left to validate on"),
        ("r3", "with the weights of another run"),
        ("r9", "no run r9"),
    ):
        done = ready(f"refine v2 --run {run} {carved}")
        assert (done.code, said in done.err) == (2, True), done.err
        assert "Traceback" not in done.err


def test_what_cannot_be_asked_is_one_clear_message_before_clips_are_read(ready: Dfer) -> None:
    for arguments, code, said in (
        ("v2 --prompt dfer-clip", 2, "does not name the class"),
        ("v2 --prompt contrastive", 2, "does not hear"),
        ("v2 --model builtin/other", 2, "no built-in author"),
        ("v2 --temperature 0.5", 2, "takes no temperature"),
        ("v2 --alias v7", 2, "cannot be an alias"),
        ("v9", 2, "no description set v9"),
    ):
        done = ready(f"refine {arguments} --data nowhere.csv {TINY}")
        assert (done.code, said in done.err) == (code, True), done.err


def an_llm(fails_from: int | None = None) -> Callable[[str, int], Reply]:
    """Says something else every time; from some question on it is out of order."""
    signs = ("furrowed brow", "flared nostrils", "trembling chin", "puffed cheeks", "clenched jaw")

    def answer(question: str, number: int) -> Reply:
        if fails_from is not None and number >= fails_from:
            return error(500, "out of order")
        return completion(f"1. {signs[number % 5]}\n2. {signs[(number + 2) % 5]} {number} times")

    return answer


def test_an_llm_is_asked_what_distinguishes_two_classes_and_its_answers_are_kept(
    ready: Dfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LlmServer(an_llm()) as server:
        asked = f"refine v2 {DATA} --clip tiny --rounds 2 --model m --base-url {server.base_url} --json"
        found = ready(f"{asked} --temperature 0.5 --samples 2").json
        assert found["calls"] == {"cached": 0, "made": 4, "failed": 0}
        assert all("What distinguishes" in question for question in server.questions)
        assert server.requests[0]["temperature"] == 0.5
        shown = ready(f"sets show {found['rounds'][0]['candidate']} --json").json["provenance"]
        assert (shown["model"], shown["samples"], shown["prompt"]) == ("m", 2, "distinguish")
        again = ready(f"{asked} --temperature 0.5 --samples 2 --offline").json
        assert again["calls"] == {"cached": 4, "made": 0, "failed": 0}
    assert again["best_hash"] == found["best_hash"]


def test_a_server_that_fails_ends_with_four_and_the_best_so_far(ready: Dfer) -> None:
    with LlmServer(an_llm(fails_from=3)) as server:
        done = ready(
            f"refine v2 {DATA} --clip tiny --rounds 9 --model m --base-url {server.base_url} --attempts 1 "
            "--alias best"
        )
    assert done.code == 4
    assert "is the best of" in done.out.splitlines()[-1]
    assert "2 asked · 1 failed" in done.out
    assert "out of order" in done.err
    assert "ended: it broke off" in done.err
    assert len(ready("sets list --json").json["sets"]) >= 4
    assert ready("sets show @best").code == 2  # it is pointed at what a whole loop came to


def test_an_answer_that_cannot_be_used_is_told_and_the_next_confusion_asked_about(ready: Dfer) -> None:
    def answer(question: str, number: int) -> Reply:
        return completion("1. ???") if number == 1 else an_llm()(question, number)

    with LlmServer(answer) as server:
        found = ready(
            f"refine v2 {DATA} --clip tiny --rounds 2 --model m --base-url {server.base_url} --json"
        ).json
    first, *others = found["rounds"]
    assert (first["candidate"], first["uar_after"]) == (None, None)
    assert "descriptor" in first["reason"]
    assert others[0]["candidate"] is not None
    assert others[0]["pair"] != first["pair"]
