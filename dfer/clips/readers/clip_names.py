"""The names that lists write for clips, told apart from the forms that the clips have on a disk."""

from pathlib import Path

from dfer.clips.frame_files import is_video


def without_video_suffix(name: str) -> str:
    """`00025.mp4` is listed where clip 00025 is meant, be it a video or a folder of frames on this disk."""
    return name[: -len(Path(name).suffix)] if is_video(Path(name)) else name


def five_digits(name: str) -> str:
    """`1`, `00001` and `00001.mp4` are clip 00001: spreadsheets take numbers for numbers."""
    name = without_video_suffix(name)
    return name.zfill(5) if name.isascii() and name.isdigit() else name
