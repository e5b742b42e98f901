"""MAFW as it lies on disks: two separators, two encodings, captions joined by id, compounds in any order."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfer.class_sets import load_class_set
from dfer.clips.folds import select_fold
from dfer.clips.labels import with_known_labels
from dfer.clips.readers.mafw import list_mafw, list_mafw_compound
from dfer.clips.readers.mafw_labels import mafw_label
from dfer.clips.readers.reading import list_clips, read_clips
from dfer.errors import ContentError, UsageError

SETS = "Train & Test Set"
CHINESE = "一位女士皱着眉头"
COMPOUND = load_class_set("mafw43")


@pytest.fixture
def mafw(tmp_path: Path) -> Path:
    (tmp_path / "MAFW").mkdir()
    return tmp_path / "MAFW"


def frames(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "0001.png").touch()


def write(file: Path, text: str, encoding: str = "gbk") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode(encoding))


def bare(
    folder: Path, train: str = "00025.mp4 anger\r\n", test: str = "00151.mp4 neutral\r\n", folds: int = 5
) -> None:
    for fold in range(1, folds + 1):
        write(folder / f"no_caption/set_{fold}/train.txt", train)
        write(folder / f"no_caption/set_{fold}/test.txt", test)


def row(clip: str, label: str, english: str, chinese: str = CHINESE) -> str:
    return f"{clip}.mp4\t{label}\t{chinese}\t{english}\r\n"


def captioned(folder: Path, train: str, test: str = "", *, folds: int = 5, encoding: str = "gbk") -> None:
    for fold in range(1, folds + 1):
        write(folder / f"with_caption/set_{fold}/train.txt", train, encoding)
        write(folder / f"with_caption/set_{fold}/test.txt", test, encoding)


@pytest.mark.parametrize("sets", [SETS, "Train_Test_Set", f"MAFW/{SETS}", f"{SETS}/{SETS}", "lists"])
@pytest.mark.parametrize("copy", ["", "_new"])
def test_lists_are_found_under_each_of_their_names(mafw: Path, sets: str, copy: str) -> None:
    bare(mafw / sets / "single")
    (mafw / sets / "single/no_caption").rename(mafw / sets / f"single/no_caption{copy}")
    frames(mafw / "data/faces", "00025", "00151")
    clips = read_clips("mafw", mafw)
    for fold in range(1, 6):
        split = select_fold(clips, fold)
        assert [(c.id, c.label, c.caption) for c in split.train] == [("00025", "anger", None)]
        assert [(c.id, c.label, c.caption) for c in split.test] == [("00151", "neutral", None)]
    assert list_mafw(mafw).notes == ()


@pytest.mark.parametrize(
    "inside", [SETS, f"{SETS}/single", f"{SETS}/single/no_caption", f"{SETS}/single/with_caption"]
)
def test_data_may_be_the_folder_of_the_lists(mafw: Path, inside: str) -> None:
    bare(mafw / SETS / "single")
    captioned(mafw / SETS / "single", row("00025", "anger", "A woman frowns."))
    frames(mafw / "data/faces", "00025", "00151")
    assert list_mafw(mafw / inside) == list_mafw(mafw)


@pytest.mark.parametrize("sets", [f"{SETS}/{SETS}", f"{SETS}/{SETS}/{SETS}", f"MAFW/{SETS}/{SETS}"])
def test_lists_unzipped_into_themselves_are_found(mafw: Path, sets: str) -> None:
    bare(mafw / sets / "single")
    frames(mafw / "data/faces", "00025", "00151")
    assert len(read_clips("mafw", mafw)) == 10
    assert list_mafw(mafw).notes == ()


def test_single_and_compound_are_two_data_sets_of_one_folder(mafw: Path) -> None:
    bare(mafw / SETS / "single")
    bare(mafw / SETS / "compound", train="00151.mp4 anger_disgust\r\n", test="00025.mp4 anger\r\n")
    frames(mafw / "data/faces", "00025", "00151")
    single, compound = read_clips("mafw", mafw), read_clips("mafw-compound", mafw)
    assert {(c.id, c.label, c.split) for c in single} == {
        ("00025", "anger", "train"),
        ("00151", "neutral", "test"),
    }
    assert {(c.id, c.label, c.split) for c in compound} == {
        ("00151", "anger_disgust", "train"),
        ("00025", "anger", "test"),
    }


def test_captions_are_joined_by_id_whatever_split_they_are_listed_in(mafw: Path) -> None:
    bare(mafw / SETS / "single", train="00025.mp4 anger\r\n00026.mp4 fear\r\n")
    captioned(mafw / SETS / "single", "", row("00025", "anger", "A woman frowns."), folds=1)
    listing = list_mafw(mafw)
    captions = {(c.fold, c.id): c.caption for c in listing.clips}
    assert {captions[fold, "00025"] for fold in range(1, 6)} == {"A woman frowns."}
    assert {captions[fold, name] for fold in range(1, 6) for name in ("00026", "00151")} == {None}
    assert not any("neutral" in note for note in listing.notes)


def test_lists_with_captions_alone_are_used_and_neutral_clips_are_noted_as_absent(mafw: Path) -> None:
    captioned(
        mafw / SETS / "single", row("00025", "anger", "A woman frowns."), row("00151", "fear", "She flees.")
    )
    listing = list_mafw(mafw)
    assert {(c.id, c.split, c.caption) for c in listing.clips} == {
        ("00025", "train", "A woman frowns."),
        ("00151", "test", "She flees."),
    }
    assert any("leave out neutral clips" in note for note in listing.notes)


@pytest.mark.parametrize(
    "line",
    [
        f"00025.mp4\tanger\t{CHINESE}\tA woman frowns.\t",
        f"00025.mp4\tanger\t{CHINESE}\tA woman frowns.\tand more",
    ],
)
def test_further_columns_behind_the_caption_do_not_matter(mafw: Path, line: str) -> None:
    captioned(mafw / SETS / "single", f"{line}\r\n", folds=1)
    listing = list_mafw(mafw)
    assert listing.problems == ()
    assert [(c.id, c.label, c.caption) for c in listing.clips] == [("00025", "anger", "A woman frowns.")]


@pytest.mark.parametrize(
    "line", [f"00025.mp4\tanger\t{CHINESE}", "00025.mp4\tanger\t\t", "00025.mp4 anger\t"]
)
def test_a_line_without_the_english_column_is_a_clip_without_caption(mafw: Path, line: str) -> None:
    captioned(mafw / SETS / "single", f"{line}\r\n", folds=1)
    listing = list_mafw(mafw)
    assert listing.problems == ()
    assert [(c.id, c.label, c.caption) for c in listing.clips] == [("00025", "anger", None)]


def test_flaws_of_lists_that_serve_for_captions_only_are_one_note(mafw: Path) -> None:
    bare(mafw / SETS / "single")
    captioned(mafw / SETS / "single", row("00025", "anger", "A woman frowns.") + "00026.mp4\r\n")
    frames(mafw / "data/faces", "00025", "00151")
    listing = list_mafw(mafw)
    assert {c.caption for c in listing.checked() if c.id == "00025"} == {"A woman frowns."}
    (note,) = listing.notes
    first = mafw / SETS / "single/with_caption/set_1/train.txt"
    assert note.startswith("captions left out: 5 lines of ")
    assert f"the first is {first}:2: expected `clip label`" in note


def test_lists_that_serve_for_captions_only_may_be_unreadable(mafw: Path) -> None:
    bare(mafw / SETS / "single")
    (mafw / SETS / "single/with_caption/set_1/train.txt").mkdir(parents=True)
    frames(mafw / "data/faces", "00025", "00151")
    listing = list_mafw(mafw)
    assert len(listing.checked()) == 10
    assert "cannot read the list" in listing.notes[0]


def test_flaws_of_lists_with_captions_count_where_no_others_say_which_clips_there_are(mafw: Path) -> None:
    captioned(mafw / SETS / "single", row("00025", "anger", "A woman frowns.") + "00026.mp4\r\n", folds=1)
    assert [p.kind for p in list_mafw(mafw).problems] == ["bad-line"]


def test_another_label_in_the_lists_with_captions_is_noted_and_not_taken(mafw: Path) -> None:
    bare(mafw / SETS / "single", train="00025.mp4 anger\r\n00026.mp4 fear\r\n")
    captioned(
        mafw / SETS / "single", row("00026", "fear", "She flees.") + row("00025", "sadness", "He cries.")
    )
    frames(mafw / "data/faces", "00025", "00026", "00151")
    listing = list_mafw(mafw)
    assert {(c.label, c.caption) for c in listing.clips if c.id == "00025"} == {("anger", "He cries.")}
    first = mafw / SETS / "single/with_caption/set_1/train.txt"
    assert listing.notes == (
        "1 clips have another label in the lists with captions, which is not taken; "
        f"the first is {first}:2: 00025 is sadness, elsewhere anger",
    )


@pytest.mark.parametrize("nothing", ["-", "", " - "])
def test_a_caption_that_is_none_is_none(mafw: Path, nothing: str) -> None:
    captioned(mafw / SETS / "single", row("00025", "anger", nothing), folds=1)
    listing = list_mafw(mafw)
    assert listing.problems == ()
    assert listing.clips[0].caption is None


def test_the_separator_is_told_by_the_line(mafw: Path) -> None:
    """EmoCLIP's parser took TAB for granted, and the data set's own lists broke it."""
    bare(mafw / SETS / "single", train="00025.mp4 anger\n00026.mp4\tfear\n", folds=1)
    captioned(mafw / SETS / "single", "00025.mp4 anger\r\n" + row("00026", "fear", "Help"), folds=1)
    listing = list_mafw(mafw)
    assert listing.problems == ()
    assert [(c.id, c.label, c.caption) for c in listing.clips if c.split == "train"] == [
        ("00025", "anger", None),
        ("00026", "fear", "Help"),
    ]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("english", ["The woman’s brows — drawn together…", "“No!”, she says", "plain"])
def test_captions_may_be_in_gbk_or_in_utf8(mafw: Path, encoding: str, english: str) -> None:
    captioned(mafw / SETS / "single", row("00025", "anger", english), folds=1, encoding=encoding)
    listing = list_mafw(mafw)
    assert listing.problems == ()
    assert listing.clips[0].caption == english


def test_characters_that_only_the_larger_gb18030_has_are_read(mafw: Path) -> None:
    text = row("00025", "anger", "smile € café ñ", chinese=f"{CHINESE}㐀𠀀")
    captioned(mafw / SETS / "single", text, folds=1, encoding="gb18030")
    listing = list_mafw(mafw)
    assert listing.problems == ()
    assert listing.clips[0].caption == "smile € café ñ"


def _gbk(text: str) -> bool:
    return text.encode("gbk", "ignore").decode("gbk") == text


_captions = st.lists(
    st.text(st.characters(exclude_categories=("C", "Zl", "Zp"))).filter(_gbk).map(str.strip),
    min_size=1,
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(captions=_captions, encoding=st.sampled_from(["gbk", "utf-8"]))
def test_any_caption_that_gbk_can_write_survives(mafw: Path, captions: list[str], encoding: str) -> None:
    # As in every real list there is one line that is Chinese beyond doubt.
    text = row("00000", "fear", "-") + "".join(row(f"{i:05d}", "fear", c) for i, c in enumerate(captions, 1))
    captioned(mafw / SETS / "single", text, folds=1, encoding=encoding)
    listing = list_mafw(mafw)
    assert listing.problems == ()
    assert [clip.caption for clip in listing.clips[1:]] == [None if c in ("", "-") else c for c in captions]


def test_a_line_in_no_encoding_is_a_problem_and_the_others_are_read(mafw: Path) -> None:
    captioned(mafw / SETS / "single", row("00025", "anger", "A"), folds=1)
    file = mafw / SETS / "single/with_caption/set_1/train.txt"
    file.write_bytes(
        file.read_bytes() + b"00026.mp4\tanger\t\xff\xff\tB\r\n" + row("00027", "fear", "C").encode("gbk")
    )
    listing = list_mafw(mafw)
    (problem,) = listing.problems
    assert (problem.kind, problem.place) == ("encoding", f"{file}:2")
    assert [c.caption for c in listing.clips] == ["A", "C"]


@pytest.mark.parametrize(
    ("line", "kind", "said"),
    [
        ("00025.mp4", "bad-line", "expected `clip label` and perhaps two captions"),
        ("00025.mp4 anger disgust", "bad-line", "found '00025.mp4 anger disgust'"),
        ("00025.mp4\t", "bad-line", "expected `clip label`"),
        ("\tanger\tone\ttwo", "bad-line", "expected `clip label`"),
        ("00025.mp4 3", "label-coding", "expected the name of an emotion, found the number 3"),
    ],
)
def test_a_wrong_line_is_a_problem_with_its_place(mafw: Path, line: str, kind: str, said: str) -> None:
    bare(mafw / SETS / "single", train=f"00001.mp4 fear\r\n{line}\r\n", folds=1)
    listing = list_mafw(mafw)
    (problem,) = listing.problems
    assert problem.kind == kind
    assert problem.place.endswith("no_caption/set_1/train.txt:2")
    assert said in problem.message
    assert len(listing.clips) == 2


def test_every_compound_of_the_class_set_is_read_as_itself() -> None:
    assert [mafw_label(name) for name in COMPOUND.names] == list(COMPOUND.names)


@given(st.data())
def test_parts_in_any_order_and_case_are_the_canonical_class(data: st.DataObject) -> None:
    found = data.draw(st.sampled_from([c for c in COMPOUND.classes if c.components]))
    parts = data.draw(st.permutations(found.components))
    case = data.draw(st.sampled_from([str.lower, str.title, str.upper]))
    assert mafw_label("_".join(map(case, parts))) == found.name


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("Anger", "anger"),
        ("Happy", "happiness"),
        ("sad_angry", "anger_sadness"),
        ("fear_joy", "fear_joy"),
        ("fear+anger", "fear+anger"),
    ],
)
def test_labels_are_the_class_sets_names_and_what_is_none_stays(written: str, label: str) -> None:
    assert mafw_label(written) == label


def test_labels_are_known_to_the_class_set(mafw: Path) -> None:
    bare(mafw / SETS / "compound", train="1.mp4 disgust_anger\r\n", test="2.mp4 Surprise_Fear_Anxiety\r\n")
    clips = with_known_labels(list_mafw_compound(mafw).clips, COMPOUND.names, allow_missing=True)
    assert {c.label for c in clips} == {"anger_disgust", "fear_surprise_anxiety"}


def test_neighbouring_numbers_are_taken_to_share_their_source(mafw: Path) -> None:
    names = ["00000", "00049", "00050", "10099", "trailer"]
    bare(mafw / SETS / "single", train="".join(f"{name}.mp4 fear\n" for name in names), folds=1)
    train = [c for c in list_mafw(mafw).clips if c.split == "train"]
    assert [c.source for c in train] == ["00000", "00000", "00050", "10050", None]


ORDER = ["data/faces", "data/frames", "frames/frames_crop_align_224", "data/clips", "clips"]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_faces_come_before_frames_and_frames_before_videos(mafw: Path, first: int) -> None:
    bare(mafw / SETS / "single")
    for kind in ORDER[first:]:
        if kind.endswith("clips"):
            write(mafw / kind / "00025.mp4", "")
            write(mafw / kind / "00151.mp4", "")
        else:
            frames(mafw / kind, "00025", "00151")
    listing = list_mafw(mafw)
    assert listing.root == mafw / ORDER[first]
    assert len(listing.checked()) == 10
    for other in ORDER[first + 1 :]:
        assert f"{mafw / other} (2)" in listing.notes[0]
    assert len(listing.notes) == (first < len(ORDER) - 1)


def test_root_chooses_and_an_archive_may_be_nested(mafw: Path) -> None:
    bare(mafw / SETS / "single")
    frames(mafw / "data/faces", "00025", "00151")
    frames(mafw / "data/frames/frames", "00025", "00151")
    frames(mafw / "own", "25", "151")
    assert list_mafw(mafw, root=mafw / "own").clips[1].path == mafw / "own/25"
    assert list_mafw(mafw, root=mafw / "data/frames").root == mafw / "data/frames/frames"
    assert list_mafw(mafw).root == mafw / "data/faces"


def test_missing_folds_are_noted_and_other_lists_of_the_kind_too(mafw: Path) -> None:
    bare(mafw / SETS / "single", folds=2)
    bare(mafw / "Train_Test_Set" / "single", folds=5)
    notes = list_mafw(mafw).notes
    assert any("also there" in note and "Train_Test_Set" in note for note in notes)
    assert "folds found: 1, 2 (of 1 to 5)" in notes


def test_what_is_missing_is_told_with_what_was_looked_for(mafw: Path) -> None:
    with pytest.raises(UsageError, match=r"no lists of MAFW \(compound\)") as caught:
        list_clips("mafw-compound", mafw)
    assert f"{SETS}/compound/no_caption/set_{{fold}}/{{split}}.txt" in caught.value.message
    bare(mafw / SETS / "single")
    with pytest.raises(ContentError) as missing:
        read_clips("mafw", mafw)
    assert f"no such clip: {mafw / 'data/faces/00151'}" in missing.value.message
    assert "frames/frames_crop_align_224" in missing.value.hint
