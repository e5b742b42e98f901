"""Faults as data sets have them, each planted into a clean tree by one small function.

A tree is a synthetic world of frames or videos with its `clips.csv`: two folds, each class in both. Every
function says which kind of finding must come of it, how grave, and what must be named as its place.
"""

import csv
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from PIL import Image

Row = dict[str, str]


class Tree:
    """A data set to damage: its folder, and the rows of its list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.list = folder / "clips.csv"

    def rows(self) -> list[Row]:
        with self.list.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def write(self, rows: list[Row]) -> None:
        with self.list.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]), restval="")
            writer.writeheader()
            writer.writerows(rows)

    def change(self, number: int, **fields: str) -> Row:
        """Row `number` (from 0) with other values."""
        rows = self.rows()
        rows = [{**dict.fromkeys(fields, ""), **row} for row in rows]
        rows[number].update(fields)
        self.write(rows)
        return rows[number]

    def add(self, row: Row) -> None:
        self.write([*self.rows(), row])

    def path(self, number: int) -> Path:
        return self.folder / self.rows()[number]["path"]

    def frames(self, number: int) -> list[Path]:
        return sorted(self.path(number).iterdir())

    def in_fold(self, fold: int) -> list[int]:
        """Numbers of the rows of a fold."""
        return [i for i, row in enumerate(self.rows()) if row["fold"] == str(fold)]


@dataclass(frozen=True)
class Fault:
    """`plant` damages a tree and returns what must be named as the place."""

    name: str
    plant: Callable[[Tree], str]
    kind: str
    severity: Literal["error", "warning", "note"]
    decode: bool
    video: bool
    also: frozenset[str]
    """Kinds that follow of necessity."""


FAULTS: list[Fault] = []


def becomes(
    kind: str,
    severity: Literal["error", "warning", "note"],
    *,
    decode: bool = False,
    video: bool = False,
    also: tuple[str, ...] = (),
) -> Callable[[Callable[[Tree], str]], Callable[[Tree], str]]:
    def keep(plant: Callable[[Tree], str]) -> Callable[[Tree], str]:
        FAULTS.append(Fault(plant.__name__, plant, kind, severity, decode, video, frozenset(also)))
        return plant

    return keep


# Lists


@becomes("bad-line", "error", also=("unlisted-clip",))
def a_line_with_a_field_too_many(tree: Tree) -> str:
    lines = tree.list.read_text(encoding="utf-8").splitlines()
    lines[3] += ",more"
    tree.list.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "clips.csv:4"


@becomes("unknown-label", "error")
def a_label_that_no_class_means(tree: Tree) -> str:
    tree.change(2, label="melancholy")
    return "clips.csv:4: 'melancholy' (1 clip)"


@becomes("unknown-label", "error")
def a_number_for_a_label(tree: Tree) -> str:
    tree.change(2, label="3")
    return "'3'"


@becomes("two-labels", "error")
def a_clip_with_another_label_in_another_fold(tree: Tree) -> str:
    rows = tree.rows()
    dealt = [
        {**row, "fold": fold, "split": "test" if row["fold"] == fold else "train"}
        for fold in ("1", "2")
        for row in rows
    ]
    label = "fear" if dealt[30]["label"] != "fear" else "anger"
    tree.write([*dealt[:30], {**dealt[30], "label": label}, *dealt[31:]])
    return f"clips.csv:32: {label}"


@becomes("listed-twice", "error")
def a_row_twice(tree: Tree) -> str:
    tree.add(tree.rows()[0])
    return "clips.csv:30"


@becomes("in-two-splits", "error", also=("subject-on-both-sides",))
def a_clip_in_two_folds(tree: Tree) -> str:
    row = tree.rows()[0]
    tree.add({**row, "fold": "2" if row["fold"] == "1" else "1"})
    return "clips.csv:30"


@becomes("no-split", "error")
def a_clip_without_a_fold(tree: Tree) -> str:
    tree.change(0, fold="")
    return "clips.csv:2: neither fold nor split"


@becomes("empty-side", "error")
def one_fold_only(tree: Tree) -> str:
    tree.write([{**row, "fold": "1"} for row in tree.rows()])
    return "fold 1: no train clips"


@becomes("votes-against-label", "warning")
def votes_for_another_class(tree: Tree) -> str:
    tree.write([{**row, "votes": f"{row['label']}:10"} for row in tree.rows()])
    tree.change(0, label="happiness", votes="happiness:2;fear:8")
    return "fear has 8 of 10 votes"


@becomes("votes-against-label", "error")
def votes_that_were_numbered_otherwise(tree: Tree) -> str:
    """As of one wrong coding: every class is voted for as the next."""
    rows = tree.rows()
    names = list(dict.fromkeys(row["label"] for row in rows))
    turned = {name: names[i - 1] for i, name in enumerate(names)}
    tree.write([{**row, "votes": f"{turned[row['label']]}:10"} for row in rows])
    return "of 28 with votes"


@becomes("listed-frames", "warning")
def a_list_with_another_number_of_frames(tree: Tree) -> str:
    tree.change(4, frames="999")
    return "999 frames in the list"


@becomes("listed-frames", "note")
def a_list_that_counts_frames_from_zero(tree: Tree) -> str:
    counts = [str(len(tree.frames(i)) - 1) for i in range(len(tree.rows()))]
    tree.write([{**row, "frames": count} for row, count in zip(tree.rows(), counts, strict=True)])
    return "frames in the list"


# Classes and people


@becomes("class-without-clips", "error", also=("unlisted-clip",))
def a_class_without_any_clip(tree: Tree) -> str:
    tree.write([row for row in tree.rows() if row["label"] != "disgust"])
    return "disgust"


@becomes(
    "class-not-trained",
    "error",
    also=(
        "class-not-tested",
        "subject-on-both-sides",
    ),
)
def a_class_that_one_fold_never_learns(tree: Tree) -> str:
    # Of one fold only: where it is tested, nothing is left to train on.
    tree.write([{**row, "fold": "1"} if row["label"] == "fear" else row for row in tree.rows()])
    return "fear: fold 1"


@becomes("class-not-tested", "warning", also=("subject-on-both-sides",))
def a_class_that_one_fold_never_tests(tree: Tree) -> str:
    def split(row: Row, fold: str) -> str:
        return "test" if row["fold"] == fold and (row["label"], fold) != ("fear", "2") else "train"

    tree.write([{**row, "split": split(row, fold), "fold": fold} for fold in "12" for row in tree.rows()])
    return "fear: fold 2"


@becomes("folds-differ", "warning")
def a_train_list_cut_in_half(tree: Tree) -> str:
    _in_lists(tree)
    rows = tree.rows()
    cut = [i for i, row in enumerate(rows) if (row["fold"], row["split"]) == ("3", "train")][11:]
    tree.write([row for i, row in enumerate(rows) if i not in cut])
    return "fold 3: 10 clips of 28 are in none of its lists"


@becomes("tested-twice", "warning")
def a_fold_that_is_a_copy_of_another(tree: Tree) -> str:
    _in_lists(tree)
    rows = tree.rows()
    kept = [row for row in rows if row["fold"] != "2"]
    tree.write([*kept, *({**row, "fold": "2"} for row in rows if row["fold"] == "1")])
    return "folds 1 and 2: 7 clips in both test lists"


@becomes("sides-swapped", "warning")
def a_test_list_under_the_name_of_train(tree: Tree) -> str:
    """7 clips were to be tested on."""
    first = set(tree.in_fold(1)[:7])
    sides = ["train" if i in first else "test" for i in range(len(tree.rows()))]
    tree.write(
        [
            {**row, "fold": "1", "split": side, "subject": f"{row['subject']} of {side}"}
            for row, side in zip(tree.rows(), sides, strict=True)
        ]
    )
    return "fold 1: 7 train, 21 test"


def _in_lists(tree: Tree) -> None:
    """Four folds with their own lists, as papers publish them, of as many people as clips."""
    tree.write(
        [
            {**row, "subject": str(i), "fold": str(fold), "split": "test" if i // 7 == fold - 1 else "train"}
            for fold in range(1, 5)
            for i, row in enumerate(tree.rows())
        ]
    )


@becomes("subject-on-both-sides", "warning")
def a_person_in_train_and_val(tree: Tree) -> str:
    source, target = _with_val(tree, copied_to="val")
    subject = tree.rows()[source]["subject"]
    tree.change(target, subject=subject)
    return f"{subject}: "


@becomes("subject-on-both-sides", "warning")
def a_person_in_train_and_test(tree: Tree) -> str:
    subject = tree.rows()[tree.in_fold(2)[0]]["subject"]
    tree.change(tree.in_fold(1)[0], subject=subject)
    return subject


# Clips on disk


@becomes("missing-clip", "error")
def a_clip_that_is_not_there(tree: Tree) -> str:
    shutil.rmtree(tree.path(5))
    return "clips.csv:7"


@becomes("missing-clip", "error", also=("unlisted-clip",))
def a_clip_in_other_letters(tree: Tree) -> str:
    tree.change(5, path="Clips/00006")
    return f"on disk: {tree.folder / 'clips' / '00006'}"


@becomes("missing-clip", "error", also=("unlisted-clip",))
def a_clip_whose_zeros_a_spreadsheet_took(tree: Tree) -> str:
    tree.change(5, path="clips/6")
    return f"on disk: {tree.folder / 'clips' / '00006'}"


@becomes("not-a-clip", "error", also=("unlisted-clip",))
def a_file_that_is_no_clip(tree: Tree) -> str:
    (tree.folder / "clips" / "notes.txt").write_text("to do")
    tree.change(5, path="clips/notes.txt")
    return "notes.txt"


@becomes("empty-folder", "error")
def a_folder_without_frames(tree: Tree) -> str:
    for frame in tree.frames(3):
        frame.unlink()
    return str(tree.path(3))


@becomes("unlisted-clip", "note")
def a_clip_that_no_list_names(tree: Tree) -> str:
    tree.write(tree.rows()[:-1])
    return str(tree.folder / "clips" / "00028")


@becomes("short-clip", "note")
def a_clip_of_two_frames(tree: Tree) -> str:
    for frame in tree.frames(3)[2:]:
        frame.unlink()
    return f"{tree.path(3)}: 2 frames"


@becomes("stray-file", "note")
def what_systems_leave_behind(tree: Tree) -> str:
    for name in ("Thumbs.db", "._0001.jpg", "faces.txt"):
        (tree.path(1) / name).write_bytes(b"something")
    return "Thumbs.db"


# Names of frames


@becomes("letter-order", "note")
def numbers_without_zeros_in_front(tree: Tree) -> str:
    for frame in tree.frames(0):
        frame.rename(frame.with_name(f"{int(frame.stem)}.jpg"))
    return "by letters 1.jpg is followed by 10.jpg"


@becomes("letter-order", "note")
def numbers_from_zero_without_zeros_in_front(tree: Tree) -> str:
    for frame in tree.frames(0):
        frame.rename(frame.with_name(f"{int(frame.stem) - 1}.jpg"))
    return "by letters 1.jpg is followed by 10.jpg"


@becomes("number-gap", "warning")
def a_frame_that_was_lost(tree: Tree) -> str:
    tree.frames(0)[3].unlink()
    return "0003.jpg is followed by 0005.jpg"


@becomes("two-names", "warning", also=("letter-order",))
def a_number_with_and_without_zeros(tree: Tree) -> str:
    shutil.copy(tree.path(0) / "0002.jpg", tree.path(0) / "2.jpg")
    return "0002.jpg and 2.jpg"


@becomes("two-names", "warning")
def a_frame_in_two_formats(tree: Tree) -> str:
    Image.open(tree.path(0) / "0001.jpg").save(tree.path(0) / "0001.png")
    return "0001.jpg and 0001.png"


# Frames


@becomes("empty-file", "error")
def a_frame_of_no_bytes(tree: Tree) -> str:
    tree.frames(0)[2].write_bytes(b"")
    return "0003.jpg"


@becomes("truncated-image", "error")
def a_jpeg_that_breaks_off(tree: Tree) -> str:
    frame = tree.frames(0)[2]
    frame.write_bytes(frame.read_bytes()[:-100])
    return "0003.jpg"


@becomes("truncated-image", "error")
def a_jpeg_whose_end_was_never_written(tree: Tree) -> str:
    frame = tree.frames(0)[2]
    frame.write_bytes(frame.read_bytes()[:-100] + bytes(30_000))
    return "0003.jpg"


@becomes("truncated-image", "error")
def a_png_that_breaks_off(tree: Tree) -> str:
    png = io.BytesIO()
    Image.effect_noise((70, 70), 50).save(png, "PNG")
    (tree.path(0) / "0003.jpg").write_bytes(png.getvalue()[:-1000])
    return "0003.jpg: PNG"


@becomes("not-an-image", "error")
def an_error_page_for_an_image(tree: Tree) -> str:
    tree.frames(0)[2].write_text("<html>404 not found</html>")
    return "0003.jpg"


@becomes("frame-sizes", "error")
def a_frame_of_another_size(tree: Tree) -> str:
    frame = tree.frames(0)[2]
    Image.open(frame).resize((30, 20)).save(frame)
    return "30 x 20 (0003.jpg)"


@becomes("damaged-image", "error", decode=True)
def damage_inside_a_frame(tree: Tree) -> str:
    frame = tree.frames(0)[1]
    data = bytearray(frame.read_bytes())
    middle = len(data) * 3 // 4
    data[middle : middle + 40] = b"\xff\x01" * 20
    frame.write_bytes(data)
    return "0002.jpg"


# Copies


@becomes("identical-across-sides", "error")
def a_clip_of_train_under_another_name_in_test(tree: Tree) -> str:
    old, new = tree.in_fold(1)[0], tree.in_fold(2)[0]
    shutil.copytree(tree.path(old), tree.folder / "clips" / "copy")
    tree.add({**tree.rows()[new], "path": "clips/copy", "label": tree.rows()[old]["label"]})
    return f"{tree.folder / 'clips' / 'copy'} = {tree.path(old)}"


@becomes("identical-across-sides", "error")
def a_clip_of_val_under_another_name_in_test(tree: Tree) -> str:
    """The best epoch would be chosen on a test clip."""
    old, new = _with_val(tree)
    shutil.copytree(tree.path(old), tree.folder / "clips" / "copy")
    tree.add({**tree.rows()[new], "path": "clips/copy", "label": tree.rows()[old]["label"]})
    return f"val and test: {tree.path(old)} = {tree.folder / 'clips' / 'copy'}"


@becomes("near-copy-across-sides", "warning")
def a_clip_of_train_encoded_again_in_val(tree: Tree) -> str:
    old, new = _with_val(tree, copied_to="val")
    _save_copy(tree, old, lambda picture: picture, quality=80)
    tree.add({**tree.rows()[new], "path": "clips/copy", "label": tree.rows()[old]["label"]})
    return f"train and val: {tree.path(old)} ~ {tree.folder / 'clips' / 'copy'}"


@becomes("identical", "note")
def a_clip_twice_on_one_side(tree: Tree) -> str:
    shutil.copytree(tree.path(0), tree.folder / "clips" / "copy")
    tree.add({**tree.rows()[0], "path": "clips/copy"})
    return f"{tree.path(0)} = {tree.folder / 'clips' / 'copy'}"


@becomes("identical-other-label", "warning")
def a_clip_twice_with_two_labels(tree: Tree) -> str:
    shutil.copytree(tree.path(0), tree.folder / "clips" / "copy")
    tree.add({**tree.rows()[0], "path": "clips/copy", "label": tree.rows()[1]["label"]})
    return f"{tree.folder / 'clips' / 'copy'} ({tree.rows()[1]['label']})"


def _with_val(tree: Tree, *, copied_to: str = "test") -> tuple[int, int]:
    """Trains on fold 2, and halves fold 1 into val and test: a clip to copy, and a row of where it goes."""
    rows = tree.rows()
    halves: dict[str, int] = {}
    sides = []
    for row in rows:
        if row["fold"] == "2":
            sides.append("train")
            continue
        halves[row["label"]] = halves.get(row["label"], 0) + 1
        sides.append("val" if halves[row["label"]] % 2 else "test")
    tree.write(
        [
            {
                "path": row["path"],
                "label": row["label"],
                "subject": f"{row['subject']} of {side}",
                "split": side,
            }
            for row, side in zip(rows, sides, strict=True)
        ]
    )
    source = "val" if copied_to == "test" else "train"
    return sides.index(source), sides.index(copied_to)


@becomes("near-copy-across-sides", "warning")
def a_clip_encoded_again(tree: Tree) -> str:
    return _near_copy(tree, lambda picture: picture, quality=60)


@becomes("near-copy-across-sides", "warning")
def a_clip_in_another_size(tree: Tree) -> str:
    return _near_copy(tree, lambda picture: picture.resize((48, 56)), quality=90)


@becomes("near-copy-across-sides", "warning")
def a_clip_made_brighter(tree: Tree) -> str:
    def brighter(picture: Image.Image) -> Image.Image:
        return Image.fromarray(np.clip(np.asarray(picture) * 1.1 + 5, 0, 255).astype(np.uint8))

    return _near_copy(tree, brighter, quality=90)


@becomes("near-copy-across-sides", "warning")
def a_clip_trimmed_at_both_ends(tree: Tree) -> str:
    return _near_copy(tree, lambda picture: picture, quality=85, trim=2)


def _near_copy(
    tree: Tree, change: Callable[[Image.Image], Image.Image], *, quality: int, trim: int = 0
) -> str:
    old, new = tree.in_fold(1)[0], tree.in_fold(2)[0]
    _save_copy(tree, old, change, quality=quality, trim=trim)
    tree.add({**tree.rows()[new], "path": "clips/copy", "label": tree.rows()[old]["label"]})
    return "of 255 bits a frame differ"


def _save_copy(
    tree: Tree, old: int, change: Callable[[Image.Image], Image.Image], *, quality: int, trim: int = 0
) -> None:
    copy = tree.folder / "clips" / "copy"
    copy.mkdir()
    frames = tree.frames(old)
    for frame in frames[trim : len(frames) - trim]:
        change(Image.open(frame)).save(copy / frame.name, quality=quality)


# Videos


@becomes("unreadable-video", "error", video=True)
def a_video_whose_index_is_cut_off(tree: Tree) -> str:
    video = tree.path(0)
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    return video.name


@becomes("truncated-video", "error", video=True)
def a_video_whose_end_is_cut_off(tree: Tree) -> str:
    video = tree.path(0)
    _with_index_in_front(video)
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 3 // 4])
    return video.name


@becomes("short-video", "warning", video=True, also=("unlisted-clip",))
def a_film_that_says_it_is_longer(tree: Tree) -> str:
    video = tree.path(0).with_suffix(".mkv")
    _copied_into(video, tree.path(0))
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 2 // 3])
    tree.change(0, path=f"clips/{video.name}")
    return "seconds have pictures"


@becomes("dropped-frames", "note", video=True, also=("unlisted-clip",))
def a_recorder_that_left_frames_out(tree: Tree) -> str:
    """An AVI holds an empty chunk for each; training reads the others."""
    video = tree.path(0).with_suffix(".avi")
    with av.open(str(tree.path(0))) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with av.open(str(video), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 25)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number + 2 * (number > 5), Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    tree.change(0, path=f"clips/{video.name}")
    return f"{len(pictures)} of {len(pictures) + 2} frames are there"


@becomes("video-without-pictures", "error", video=True)
def a_video_of_sound_only(tree: Tree) -> str:
    _write_sound(tree.path(0))
    return tree.path(0).name


@becomes("damaged-video", "error", video=True, decode=True)
def damage_inside_a_video(tree: Tree) -> str:
    video = tree.path(0)
    data = bytearray(video.read_bytes())
    begin, end = data.find(b"mdat") + 4, data.find(b"moov") - 4
    third = (end - begin) // 3
    data[begin + third : end] = b"\xff" * (end - begin - third)
    video.write_bytes(data)
    return video.name


@becomes("near-copy-across-sides", "warning", video=True, decode=True)
def a_video_converted_again(tree: Tree) -> str:
    return _video_copy(tree, title=())


@becomes("near-copy-across-sides", "warning", video=True, decode=True)
def a_video_with_a_title_in_front(tree: Tree) -> str:
    noise = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    return _video_copy(tree, title=(noise.repeat(8, axis=0).repeat(8, axis=1),) * 2)


def _video_copy(tree: Tree, *, title: tuple[np.ndarray, ...]) -> str:
    old, new = tree.in_fold(1)[0], tree.in_fold(2)[0]
    with av.open(str(tree.path(old))) as container:
        pictures = [*title, *(frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))]
    with av.open(str(tree.folder / "clips" / "copy.avi"), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.bit_rate = 4_000_000
        stream.width, stream.height, stream.pix_fmt = pictures[0].shape[1], pictures[0].shape[0], "yuvj420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    tree.add({**tree.rows()[new], "path": "clips/copy.avi", "label": tree.rows()[old]["label"]})
    return "copy.avi"


def _with_index_in_front(video: Path) -> None:
    other = video.with_suffix(".new.mp4")
    _copied_into(other, video, movflags="faststart")
    other.replace(video)


def _copied_into(other: Path, video: Path, **options: str) -> None:
    """The same packets in another container."""
    with av.open(str(video)) as source, av.open(str(other), "w", options=options) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)


def _write_sound(file: Path) -> None:
    with av.open(str(file), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        silence = np.zeros((1, 1024), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.rate = 44100
        for number in range(20):
            frame.pts = number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
