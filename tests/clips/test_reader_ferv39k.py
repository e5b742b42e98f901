"""FERV39k as it lies on disks: lists checked against folder names, faces or whole frames, archives."""

from pathlib import Path

import pytest

from dfer.clips.folds import select_fold
from dfer.clips.readers.ferv39k import list_ferv39k
from dfer.clips.readers.reading import list_clips, read_clips
from dfer.errors import ContentError, UsageError

OFFICIAL = "4_setups/All_scenes/{split}_All.csv"
FACES = "2_ClipsforFaceCrop"
SCENES = "3_ClipsforScenImages"
EMOTIONS = ("Happy", "Sad", "Neutral", "Angry", "Surprise", "Disgust", "Fear")
CLASSES = ("happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear")


@pytest.fixture
def ferv(tmp_path: Path) -> Path:
    (tmp_path / "FERV39k").mkdir()
    return tmp_path / "FERV39k"


def clip(folder: Path, *identities: str) -> None:
    for identity in identities:
        (folder / identity).mkdir(parents=True)
        (folder / identity / "0001.jpg").touch()


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


def lists(
    folder: Path,
    template: str = OFFICIAL,
    train: str = "Crime/Angry/0063 Angry\n",
    test: str = "War/Sad/0001 Sad\n",
) -> None:
    write(folder / template.format(split="train"), train)
    write(folder / template.format(split="test"), test)


@pytest.mark.parametrize(
    "template",
    [OFFICIAL, "All_scenes/{split}_All.csv", "{split}_All.csv", "{split}_image.txt", "{split}.csv"],
)
@pytest.mark.parametrize("around", ["", "FERV39k/"])
def test_lists_are_found_by_each_of_their_names(ferv: Path, template: str, around: str) -> None:
    lists(ferv / around, template)
    clip(ferv / around / FACES, "Crime/Angry/0063", "War/Sad/0001")
    split = select_fold(read_clips("ferv39k", ferv), 1)
    (train,), (test,) = split.train, split.test
    assert (train.id, train.label, train.scene, train.fold) == ("Crime/Angry/0063", "anger", "Crime", 1)
    assert train.path == ferv / around / FACES / "Crime/Angry/0063"
    assert (test.id, test.label, test.scene) == ("War/Sad/0001", "sadness", "War")
    assert list_ferv39k(ferv).notes == ()


def test_lists_of_single_scenes_are_not_taken(ferv: Path) -> None:
    write(ferv / "4_setups/22_scenes/Crime/train_Crime.csv", "Crime/Angry/0063 Angry\n")
    with pytest.raises(UsageError):
        list_ferv39k(ferv)


@pytest.mark.parametrize("inside", ["4_setups", "4_setups/All_scenes"])
def test_data_may_be_the_folder_of_the_lists(ferv: Path, inside: str) -> None:
    lists(ferv)
    clip(ferv / FACES, "Crime/Angry/0063", "War/Sad/0001")
    assert list_ferv39k(ferv / inside) == list_ferv39k(ferv)


@pytest.mark.parametrize("nested", [f"{FACES}/{FACES}", f"{FACES}-002/{FACES}", f"{FACES}-002"])
def test_an_archive_may_be_nested_as_unzipping_leaves_it(ferv: Path, nested: str) -> None:
    lists(ferv)
    clip(ferv / nested, "Crime/Angry/0063", "War/Sad/0001")
    assert read_clips("ferv39k", ferv)[1].path == ferv / nested / "Crime/Angry/0063"


def test_an_archive_may_come_in_parts(ferv: Path) -> None:
    lists(ferv)
    clip(ferv / f"{FACES}-001" / FACES, "Crime/Angry/0063")
    clip(ferv / f"{FACES}-002" / FACES, "War/Sad/0001")
    assert len(read_clips("ferv39k", ferv)) == 2
    assert list_ferv39k(ferv).notes == ()


def test_faces_come_before_whole_frames_and_a_note_says_so(ferv: Path) -> None:
    lists(ferv)
    clip(ferv / FACES, "Crime/Angry/0063")
    clip(ferv / SCENES, "Crime/Angry/0063", "War/Sad/0001")
    listing = list_ferv39k(ferv)
    assert listing.root == ferv / FACES
    assert listing.notes == (
        f"clips are read from {ferv / FACES} (1 of 2 listed); also there: {ferv / SCENES} (2); "
        "--root chooses another",
    )
    with pytest.raises(ContentError, match=f"no such clip: {ferv / FACES / 'War/Sad/0001'}"):
        listing.checked()


def test_without_faces_whole_frames_are_read_with_a_note(ferv: Path) -> None:
    lists(ferv)
    clip(ferv / SCENES, "Crime/Angry/0063", "War/Sad/0001")
    listing = list_ferv39k(ferv)
    assert len(listing.checked()) == 2
    assert listing.notes == (f"no face crops found: clips are the whole frames of {ferv / SCENES}",)


@pytest.mark.parametrize("root", [f"disk/{SCENES}", "disk"])
def test_root_chooses(ferv: Path, root: str) -> None:
    lists(ferv)
    clip(ferv / FACES, "Crime/Angry/0063", "War/Sad/0001")
    clip(ferv.parent / "disk" / SCENES, "Crime/Angry/0063", "War/Sad/0001")
    assert list_ferv39k(ferv, root=ferv.parent / root).root == ferv.parent / "disk" / SCENES


def test_without_any_clip_paths_are_those_of_the_faces(ferv: Path) -> None:
    lists(ferv)
    listing = list_ferv39k(ferv)
    assert listing.clips[1].path == ferv / FACES / "Crime/Angry/0063"
    assert SCENES in listing.hint_missing


def test_every_emotion_folder_is_its_class(ferv: Path) -> None:
    lists(ferv, train="".join(f"Crime/{name}/{i:04d} {name}\r\n" for i, name in enumerate(EMOTIONS)))
    train = [c for c in list_ferv39k(ferv).clips if c.split == "train"]
    assert [c.label for c in train] == list(CLASSES)


def test_numbers_are_those_of_dfer_clip_without_a_header_and_alphabetical_under_path_id(ferv: Path) -> None:
    bare = "".join(f"x/{FACES}/Crime/{name}/0001 30 {i}\n" for i, name in enumerate(EMOTIONS))
    alphabetical = "".join(f"Crime/{name}/0002,{i}\n" for i, name in enumerate(sorted(EMOTIONS)))
    lists(ferv, train=bare, test="path,id\n" + alphabetical)
    listing = list_ferv39k(ferv)
    assert listing.problems == ()
    train = [c for c in listing.clips if c.split == "train"]
    assert [c.label for c in train] == list(CLASSES)
    assert (train[0].id, train[0].listed_frames) == ("Crime/Happy/0001", 30)
    test = [c.label for c in listing.clips if c.split == "test"]
    assert test == ["anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("Crime/Angry/0063 Happy", "label-coding", "the list says 'Happy' and the folder 'Angry'"),
        ("Crime/Angry/0063 0", "label-coding", "the list says 0, which is happiness, and the folder 'Angry'"),
        ("path,id\nCrime/Angry/0063,3", "label-coding", "3, which is happiness, and the folder 'Angry'"),
        ("Crime/Angry/0063 7", "bad-line", "expected a label from 0 to 6, found 7"),
        ("Crime/Angry/0063", "bad-line", "expected `scene/emotion/clip label`"),
        ("Angry/0063 Angry", "bad-line", "expected `scene/emotion/clip label`"),
        (",,", "bad-line", "expected `scene/emotion/clip label`"),
        ("Crime/Angry/0063 Angry again", "bad-line", "expected `scene/emotion/clip label`"),
    ],
)
def test_a_wrong_line_is_a_problem_that_names_both_sides(ferv: Path, text: str, kind: str, said: str) -> None:
    lists(ferv, train=text + "\n")
    listing = list_ferv39k(ferv)
    (problem,) = listing.problems
    line = text.count("\n") + 1
    assert (problem.kind, problem.place) == (kind, f"{ferv / OFFICIAL.format(split='train')}:{line}")
    assert said in problem.message
    assert len(listing.clips) == 1


def test_byte_order_marks_windows_lines_quotes_and_backslashes_do_not_matter(ferv: Path) -> None:
    lists(ferv, train='\ufeffCrime\\Angry\\0063.mp4 Angry\r\n\r\n"War/Happy/0002",Happy\r\n')
    listing = list_ferv39k(ferv)
    assert listing.problems == ()
    assert [c.id for c in listing.clips if c.split == "train"] == ["Crime/Angry/0063", "War/Happy/0002"]


def test_clips_may_be_videos_and_unpadded(ferv: Path) -> None:
    lists(ferv)
    write(ferv / FACES / "Crime/Angry/63.mp4", "")
    clip(ferv / FACES, "War/Sad/1")
    assert {c.path.name for c in read_clips("ferv39k", ferv)} == {"63.mp4", "1"}


def test_the_same_number_in_two_scenes_is_two_clips(ferv: Path) -> None:
    lists(ferv, test="War/Angry/0063 Angry\n")
    clip(ferv / FACES, "Crime/Angry/0063", "War/Angry/0063")
    assert len({c.path for c in read_clips("ferv39k", ferv)}) == 2


def test_a_clip_of_both_lists_is_refused(ferv: Path) -> None:
    lists(ferv, test="Crime/Angry/0063 Angry\n")
    clip(ferv / FACES, "Crime/Angry/0063")
    with pytest.raises(ContentError, match=r"is in train and, at .* in test of fold 1"):
        read_clips("ferv39k", ferv)


def test_a_missing_list_is_noted_and_no_lists_are_refused(ferv: Path) -> None:
    with pytest.raises(UsageError, match="no lists of FERV39k") as caught:
        list_clips("ferv39k", ferv)
    assert OFFICIAL in caught.value.message
    write(ferv / OFFICIAL.format(split="train"), "Crime/Angry/0063 Angry\n")
    clip(ferv / FACES, "Crime/Angry/0063")
    assert list_ferv39k(ferv).notes == ("fold 1 has no test list",)


@pytest.mark.parametrize(
    ("lists_in", "clips_in"),
    [
        ("4_setups/4_setups", FACES),
        ("4_setups/4_setups/4_setups", FACES),
        ("4_setups", f"{FACES}/{FACES}/{FACES}"),
        ("4_setups", f"{FACES}-002/{FACES}/{FACES}"),
        ("FERV39k/4_setups/4_setups", f"FERV39k/{FACES}-002/{FACES}"),
        ("FERV39k/4_setups", f"FERV39k/{FACES}/{FACES}"),
        ("FERV39k/FERV39k/4_setups", f"FERV39k/FERV39k/{FACES}-002/{FACES}"),
    ],
)
def test_lists_and_clips_may_be_nested_several_times(ferv: Path, lists_in: str, clips_in: str) -> None:
    lists(ferv, f"{lists_in}/All_scenes/{{split}}_All.csv")
    clip(ferv / clips_in, "Crime/Angry/0063", "War/Sad/0001")
    assert read_clips("ferv39k", ferv)[1].path == ferv / clips_in / "Crime/Angry/0063"
    assert list_ferv39k(ferv).notes == ()


def test_all_scenes_may_be_nested_in_itself(ferv: Path) -> None:
    lists(ferv, "4_setups/All_scenes/All_scenes/{split}_All.csv")
    clip(ferv / FACES, "Crime/Angry/0063", "War/Sad/0001")
    assert len(read_clips("ferv39k", ferv)) == 2
    assert list_ferv39k(ferv / "4_setups/All_scenes/All_scenes") == list_ferv39k(ferv)


@pytest.mark.parametrize("header", ["path,id", "path id", '"path", "ID"'])
def test_a_header_may_be_separated_as_its_rows_or_otherwise(ferv: Path, header: str) -> None:
    lists(ferv, train=f"{header}\nCrime/Angry/0063 0\nCrime/Happy/0002,3\n")
    listing = list_ferv39k(ferv)
    assert listing.problems == ()
    assert [c.label for c in listing.clips if c.split == "train"] == ["anger", "happiness"]


@pytest.mark.parametrize("index", ["", "Unnamed: 0", '""'])
def test_the_index_column_that_pandas_writes_is_passed_over(ferv: Path, index: str) -> None:
    lists(
        ferv,
        train=f"{index},path,id\n0,Crime/Angry/0063,0\n1,Crime/Happy/0002,3\n",
        test=f"{index},path,label\n0,War/Sad/0001,1\n",
    )
    listing = list_ferv39k(ferv)
    assert listing.problems == ()
    assert {(c.id, c.label, c.listed_frames) for c in listing.clips} == {
        ("Crime/Angry/0063", "anger", None),
        ("Crime/Happy/0002", "happiness", None),
        ("War/Sad/0001", "sadness", None),
    }


def test_a_row_shorter_than_its_header_is_a_problem(ferv: Path) -> None:
    lists(ferv, train=",path,id\n0,Crime/Angry/0063\n")
    (problem,) = list_ferv39k(ferv).problems
    assert "expected `scene/emotion/clip label`" in problem.message
