"""`dfer data check` finds every fault that was planted, says where, and finds no other."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from planted_faults import FAULTS, Fault, Tree

from dfer.class_sets import load_class_set
from dfer.clips.checking import Report, examine, other_protocol
from dfer.clips.checking.folders import scan
from dfer.clips.readers.csv_list import list_csv
from dfer.clips.readers.reading import list_clips
from dfer.clips.synthetic.world import draw_world

DFEW7 = load_class_set("dfew7")
FRAMES = 4


def draw(folder: Path, *, video: bool) -> Path:
    """28 clips of 7 classes in 2 folds."""
    draw_world(
        folder,
        class_set=DFEW7,
        clips=28,
        seed=7,
        size=64,
        frames=12,
        folds=2,
        video_format="mp4" if video else "jpeg",
    )
    return folder


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """By whether clips are videos."""
    return {video: draw(tmp_path_factory.mktemp("clean") / "world", video=video) for video in (False, True)}


def look_at(folder: Path, *, decode: bool = False, frames: int = FRAMES) -> Report:
    listing = list_csv(folder / "clips.csv")
    return examine(listing, dataset="csv", class_names=DFEW7.names, frames=frames, decode=decode)


@pytest.mark.parametrize("video", [False, True], ids=["frames", "videos"])
def test_a_clean_data_set_is_ready_to_train(clean: dict[bool, Path], video: bool) -> None:
    report = look_at(clean[video], decode=True)
    assert report.findings == ()
    assert report.ok
    assert (report.clips, report.videos) == (28, 28 if video else 0)
    assert report.classes == dict.fromkeys(DFEW7.names, 4)
    assert [(fold.fold, fold.clips) for fold in report.folds] == [
        (1, {"train": 14, "test": 14}),
        (2, {"train": 14, "test": 14}),
    ]
    assert report.lengths
    assert FRAMES <= report.lengths.shortest <= report.lengths.mean <= report.lengths.longest


@pytest.mark.parametrize(
    ("layout", "dataset", "classes"),
    [
        ("csv", "csv", "dfew7"),
        ("dfew", "dfew", "dfew7"),
        ("ferv39k", "ferv39k", "ferv39k7"),
        ("mafw", "mafw", "mafw11"),
        ("afew", "afew", "afew7"),
    ],
)
def test_a_world_in_the_layout_of_any_data_set_is_clean(
    layout: str, dataset: str, classes: str, tmp_path: Path
) -> None:
    class_set = load_class_set(classes)
    clips = 5 * len(class_set.names)
    data = draw_world(
        tmp_path / "world", class_set=class_set, clips=clips, seed=1, size=48, frames=8, layout=layout
    )
    report = examine(
        list_clips(dataset, data),
        dataset=dataset,
        class_names=class_set.names,
        frames=FRAMES,
        decode=True,
        other=other_protocol(dataset, data),
    )
    assert [finding for finding in report.findings if finding.severity != "note"] == []
    assert report.clips == clips


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_planted_fault_is_found(clean: dict[bool, Path], fault: Fault, tmp_path: Path) -> None:
    tree = Tree(Path(shutil.copytree(clean[fault.video], tmp_path / "world")))
    place = fault.plant(tree)
    report = look_at(tree.folder, decode=fault.decode)
    found = {finding.kind: finding for finding in report.findings}
    assert fault.kind in found, report.findings
    finding = found[fault.kind]
    assert finding.severity == fault.severity
    assert place in "\n".join((*finding.examples, finding.message))
    assert found.keys() <= {fault.kind} | fault.also | _not_done(fault)
    assert report.ok == (fault.severity != "error")
    # A finding that tells what is wrong and not what to do would help nobody.
    assert finding.hint or fault.kind in ("bad-line",)


def _not_done(fault: Fault) -> set[str]:
    return {"not-decoded"} if fault.video and not fault.decode else set()


def test_every_fault_leaves_clean_clips_unaccused(clean: dict[bool, Path], tmp_path: Path) -> None:
    """All faults of single frames at once: each finding names the one frame, and no other."""
    tree = Tree(Path(shutil.copytree(clean[False], tmp_path / "world")))
    tree.frames(0)[1].write_bytes(b"")
    tree.frames(1)[1].write_bytes(tree.frames(1)[1].read_bytes()[:-50])
    tree.frames(2)[1].write_text("no image")
    errors = {finding.kind: finding for finding in look_at(tree.folder, decode=True).errors}
    assert {kind: finding.count for kind, finding in errors.items()} == {
        "empty-file": 1,
        "truncated-image": 1,
        "not-an-image": 1,
    }


def test_only_what_may_be_a_clip_is_unlisted(clean: dict[bool, Path], tmp_path: Path) -> None:
    """Neither a folder of other things, nor one in which listed clips lie, though an image lies there too."""
    tree = Tree(Path(shutil.copytree(clean[False], tmp_path / "world")))
    (tree.folder / "clips" / "papers").mkdir()
    (tree.folder / "clips" / "papers" / "readme.txt").write_text("to do")
    inner = tree.folder / "clips" / "more" / "00001"
    inner.parent.mkdir()
    tree.path(0).rename(inner)
    shutil.copy(inner / "0001.jpg", inner.parent / "preview.jpg")
    tree.change(0, path="clips/more/00001")
    assert look_at(tree.folder).findings == ()


def test_spellings_of_one_class_are_one_without_a_class_set_too(
    clean: dict[bool, Path], tmp_path: Path
) -> None:
    """`Angry` in test and `anger` in train are no missing classes."""
    tree = Tree(Path(shutil.copytree(clean[False], tmp_path / "world")))
    tree.write(
        [
            {**row, "label": row["label"].replace("anger", "Angry")} if row["fold"] == "1" else row
            for row in tree.rows()
        ]
    )
    report = examine(list_csv(tree.list), dataset="csv", frames=FRAMES)
    assert [(finding.kind, finding.severity) for finding in report.findings] == [("no-class-set", "note")]
    assert report.findings[0].message.endswith("no class set; name it with --classes")
    assert report.classes["anger"] == 4
    assert "Angry" not in report.classes


@pytest.mark.parametrize(("allow", "severity"), [(False, "error"), (True, "warning")])
def test_missing_classes_can_be_allowed_as_in_training(
    clean: dict[bool, Path], tmp_path: Path, allow: bool, severity: str
) -> None:
    tree = Tree(Path(shutil.copytree(clean[False], tmp_path / "world")))
    rows = [row for row in tree.rows() if row["label"] != "disgust"]
    tree.write([{**row, "fold": "1"} if row["label"] == "fear" else row for row in rows])
    report = examine(
        list_csv(tree.list), dataset="csv", class_names=DFEW7.names, frames=FRAMES, allow_missing=allow
    )
    found = {finding.kind: finding.severity for finding in report.findings}
    assert (found["class-without-clips"], found["class-not-trained"]) == (severity, severity)


def test_a_thousand_faults_of_one_kind_are_one_finding(clean: dict[bool, Path]) -> None:
    report = look_at(clean[False], frames=1000)
    (finding,) = report.findings
    assert (finding.kind, finding.count, len(finding.examples)) == ("short-clip", 28, 5)
    # When most clips are short, the number of frames is the more likely mistake.
    assert finding.severity == "warning"


@pytest.mark.parametrize("name", ["gone", "a\0b", "x" * 5000])
def test_a_name_that_no_disk_can_hold_is_a_missing_clip(name: str, tmp_path: Path) -> None:
    assert scan(tmp_path / name).kind == "missing"


def test_errors_come_first(clean: dict[bool, Path], tmp_path: Path) -> None:
    tree = Tree(Path(shutil.copytree(clean[False], tmp_path / "world")))
    (tree.path(1) / "Thumbs.db").write_bytes(b"something")
    tree.frames(0)[3].unlink()
    tree.frames(2)[1].write_bytes(b"")
    assert [finding.severity for finding in look_at(tree.folder).findings] == ["error", "warning", "note"]


def test_different_clips_of_one_person_and_class_are_no_copies(tmp_path: Path) -> None:
    """Two people only, each class eight times: nobody was copied."""
    draw_world(tmp_path, class_set=DFEW7, clips=56, seed=3, size=64, frames=8, folds=2, subjects=2)
    tree = Tree(tmp_path)
    # Dealt out anew, so that both people are on both sides.
    tree.write([{**row, "fold": str(1 + i // 7 % 4 // 2)} for i, row in enumerate(tree.rows())])
    assert {finding.kind for finding in look_at(tmp_path).findings} == {"subject-on-both-sides"}


def test_checking_never_imports_torch(clean: dict[bool, Path]) -> None:
    code = (
        "import sys; from pathlib import Path; from dfer.clips.checking import examine\n"
        "from dfer.clips.readers.reading import list_clips\n"
        "examine(list_clips('csv', Path(sys.argv[1])), dataset='csv', decode=True)\n"
        "print([m for m in ('torch', 'torchvision', 'open_clip') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, clean[False] / "clips.csv"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
