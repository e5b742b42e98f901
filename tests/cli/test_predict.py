"""`dfer predict`, as a user types it."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Dfer
from tests.predict.conftest import Made, noise_mp4, stored_scores
from tests.predict.conftest import db as db
from tests.predict.conftest import made as made

__all__ = ["noise_mp4"]

TINY = "--clip tiny --accelerator cpu"
ON_CPU = "--accelerator cpu"


@pytest.fixture
def predict(dfer: Dfer, made: Made) -> Callable[..., object]:
    return lambda command, *more: dfer(f"predict {command} --db {made.store}", *more)


def test_one_clip_is_one_class_and_a_bar_for_each(predict, made: Made, db) -> None:
    clip, scores = next(iter(stored_scores(db, "r1").items()))
    done = predict(f"{made.clips()[clip]} --run r1 {ON_CPU}")
    assert done.code == 0
    lines = done.out.splitlines()
    best = max(range(7), key=scores.__getitem__)
    names = ("happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear")
    assert lines[0].startswith(Path(clip).name + " · ")
    assert lines[1].startswith(f"{names[best]} ")
    bars = [line.split()[0] for line in lines[3:]]
    assert bars == sorted(names, key=lambda name: -scores[names.index(name)])
    assert "v1, dfer-clip of r1" in done.err


def test_the_json_has_stable_keys_and_the_stored_scores(predict, made: Made, db) -> None:
    stored = stored_scores(db, "r1")
    paths = [str(made.clips()[clip]) for clip in stored]
    found = predict(f"--run r1 {ON_CPU} --json", *paths).json
    assert {"run", "recipe", "set", "set_hash", "classes", "clips"} <= found.keys()
    assert (found["run"], found["recipe"], found["set"]) == ("r1", "dfer-clip", "v1")
    for clip, path, scores in zip(found["clips"], paths, stored.values(), strict=True):
        assert set(clip) == {
            "path", "kind", "class", "probability", "probabilities", "scores", "windows", "frames", "seen",
            "seconds", "notes",
        }  # fmt: skip
        assert clip["path"] == path
        assert list(clip["scores"]) == found["classes"]
        assert list(clip["scores"].values()) == pytest.approx(scores, abs=1e-4)
        assert clip["probability"] == max(clip["probabilities"].values())
        assert set(clip["windows"][0]) == {"start", "end", "class", "probabilities"}


def test_zero_shot_says_what_random_weights_are_worth(predict, made: Made) -> None:
    done = predict(f"{next(iter(made.clips().values()))} -d v1 {TINY}")
    assert done.code == 0
    assert "v1, zero-shot on tiny" in done.err
    assert "weights are random" in done.err


def test_other_words_can_be_put_into_a_run(predict, made: Made, db) -> None:
    clip, scores = next(iter(stored_scores(db, "r2").items()))
    found = predict(f"{made.clips()[clip]} --run r1 -d v2 {ON_CPU} --json").json
    assert (found["run"], found["set"]) == ("r1", "v2")
    assert list(found["clips"][0]["scores"].values()) == pytest.approx(scores, abs=1e-4)


def test_words_in_a_file_need_no_store(dfer: Dfer, made: Made) -> None:
    assert dfer(f"sets export v1 --output words.json --db {made.store} -q").code == 0
    clip = next(iter(made.clips().values()))
    found = dfer(f"predict {clip} -d words.json {TINY} --json").json
    assert (found["run"], found["set"]) == (None, "words.json")
    assert not Path("dfer.db").exists()


def test_words_of_dfer_toml_are_not_put_into_a_run(predict, made: Made) -> None:
    Path("dfer.toml").write_text('descriptions = "v2"\nclip = "tiny"\n', encoding="utf-8")
    clip = next(iter(made.clips().values()))
    assert predict(f"{clip} --run r1 {ON_CPU} --json").json["set"] == "v1"
    found = predict(f"{clip} {ON_CPU} --json").json
    assert (found["set"], found["clip"]["architecture"]) == ("v2", "tiny")


def test_a_long_clip_is_a_timeline_and_says_so(predict, noise_mp4: Path) -> None:
    done = predict(
        f"{noise_mp4} --run r1 {ON_CPU} --timeline t.csv --timeline t.svg --timeline t.png --timeline t.json"
    )
    assert done.code == 0
    assert "longer than 10 s: recognised in windows of 2 s every 1 s" in done.err
    assert "seconds" in done.out
    assert "12.0 s, 300 frames" in done.out
    with Path("t.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 11
    assert all(Path(f"t.{suffix}").stat().st_size > 500 for suffix in ("svg", "png", "json"))
    again = predict(f"{noise_mp4} --run r1 {ON_CPU} --timeline t.csv")
    assert (again.code, "--force" in again.err) == (2, True)
    whole = predict(f"{noise_mp4} --run r1 {ON_CPU} --window 0 --timeline t.csv --force --json")
    assert len(whole.json["clips"][0]["windows"]) == 1


def test_many_clips_are_a_row_each_and_a_broken_one_stops_nothing(predict, made: Made) -> None:
    Path("clips").mkdir()
    for number, path in enumerate(list(made.clips().values())[:3]):
        Path(f"clips/{number}").symlink_to(path)
    Path("clips/broken.mp4").write_bytes(b"nothing")
    done = predict(f"--run r1 {ON_CPU} --out predictions.csv", "clips/*")
    assert done.code == 5
    assert "1 of 4 clips could not be recognised" in done.err
    assert "failed: " in done.err
    assert "broken.mp4" in done.err
    assert [line.split()[0] for line in done.out.splitlines()[2:]] == ["0", "1", "2"]
    with Path("predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [Path(row["path"]).name for row in rows] == ["0", "1", "2", "broken.mp4"]
    assert [bool(row["error"]) for row in rows] == [False, False, False, True]
    found = predict(f"--run r1 {ON_CPU} --json", "clips/*")
    assert found.code == 5
    assert set(found.json["clips"][3]) == {"path", "error", "hint"}


def test_one_clip_that_cannot_be_read_is_the_error(predict) -> None:
    Path("broken.mp4").write_bytes(b"nothing")
    done = predict(f"broken.mp4 --run r1 {ON_CPU}")
    assert done.code == 5
    assert "error: " in done.err
    assert "broken.mp4" in done.err


def test_boxes_say_where_the_face_is(predict, made: Made) -> None:
    clip = next(iter(made.clips().values()))
    rows = [f"{number},8,8,64,64" for number in (0, 1, 3)]
    Path("boxes.csv").write_text("\n".join(["frame,left,top,right,bottom", *rows]), encoding="utf-8")
    done = predict(f"{clip} --run r1 {ON_CPU} --boxes boxes.csv")
    assert done.code == 0
    assert "a face on 3 of them" in done.out
    assert "no box on" in done.err
    whole = predict(f"{clip} --run r1 {ON_CPU}")
    assert whole.out != done.out


def test_a_page_of_each_clip_explains_its_scores(predict, made: Made) -> None:
    first, second = map(str, list(made.clips().values())[:2])
    done = predict(f"{first} {second} --run r1 {ON_CPU} --explain pages")
    assert done.code == 0
    assert "pages: pages" in done.err
    assert len(list(Path("pages").glob("*.html"))) == 2
    plain = predict(f"{first} {second} --run r1 {ON_CPU}")
    assert plain.out == done.out


def test_a_page_that_cannot_be_written_loses_nothing_else(predict, made: Made) -> None:
    first, second = map(str, list(made.clips().values())[:2])
    Path(f"pages/{Path(first).name}.html").mkdir(parents=True)
    done = predict(f"{first} {second} --run r1 {ON_CPU} --explain pages --out p.csv")
    assert done.code == 3
    assert "cannot write pages" in done.err
    assert [line.split()[0] for line in done.out.splitlines()[2:]] == [Path(first).name, Path(second).name]
    assert Path(f"pages/{Path(second).name}.html").is_file()
    with Path("p.csv").open(encoding="utf-8", newline="") as file:
        assert [row["path"] for row in csv.DictReader(file)] == [first, second]


def test_what_was_done_before_an_interruption_is_shown(
    predict, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dfer.predict import predicting

    whole = predicting.predict_clips

    def interrupted_after_one(*arguments, **options):
        yield next(whole(*arguments, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(predicting, "predict_clips", interrupted_after_one)
    paths = [str(path) for path in list(made.clips().values())[:3]]
    done = predict(f"--run r1 {ON_CPU} --json", *paths)
    assert done.code == 130
    assert "1 of 3 clips were done" in done.err
    (only,) = done.json["clips"]
    assert only["path"] in paths


def test_what_cannot_be_recognised_is_one_clear_message(predict, made: Made) -> None:
    clip = next(iter(made.clips().values()))
    Path("b.csv").write_text("frame,x,y,width,height\n0,0,0,9,9\n", encoding="utf-8")
    for arguments, code, said in (
        (f"{clip}", 2, "neither --run nor --descriptions"),
        (f"{clip} --run r9", 2, "r9"),
        (f"{clip} --run r4", 2, "r4 failed: the disk is full"),
        (f"{clip} --run r2", 2, "weights of another run"),
        (f"{clip} --run r1 --clip tiny", 2, "--clip does not go with --run"),
        (f"{clip} --run r1 --set frames=2", 2, "--set does not go with --run"),
        (f"{clip} -d v9 {TINY}", 2, "v9"),
        (f"{clip} -d v1 --clip nonsense", 2, "nonsense"),
        ("gone.mp4 --run r1", 5, "gone.mp4"),
        ("gone/*.mp4 --run r1", 2, "gone/*.mp4"),
        (f"{made.world} --run r1", 5, "expected a video, an image or a folder of frames"),
        (f"{clip} --run r1 --boxes gone.csv", 5, "gone.csv"),
        (f"{clip} --run r1 --face-detector gone.onnx", 3, "gone.onnx"),
        (f"{clip} --run r1 --face-detector a.onnx --boxes b.csv", 2, "does not go with"),
        (f"{' '.join(map(str, made.clips().values()))} --run r1 --boxes b.csv", 5, "add a column clip"),
        (f"{clip} --run r1 --window 1 --stride 2", 2, "--stride 2"),
        (f"{clip} --run r1 --stride 3", 2, "--stride 3"),
        (f"{clip} --run r1 --timeline t.csv --out t.csv", 2, "one file is named twice"),
        (f"{clip} --run r1 --timeline t.gif", 2, "t.gif"),
        (f"{clip} {made.world.parent}/*/* --run r1 --timeline t.png", 2, "--timeline is of one clip"),
        (f"{clip} --run r1 --out gone/p.csv", 2, "no folder gone"),
    ):
        done = predict(f"{arguments} {'' if TINY in arguments else ON_CPU}")
        assert (done.code, said in done.err) == (code, True), (arguments, done.err)
        assert "Traceback" not in done.err
        assert done.out == ""
