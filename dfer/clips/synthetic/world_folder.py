"""The folder of a world: whose it is, and how a new world takes the place of an older one.

`world.json` marks a folder as ours. It says which layout lies there, and with that which names are ours to
replace; all else in the folder is somebody's and stays.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dfer.clips.synthetic.layouts.choosing import LAYOUTS
from dfer.clips.synthetic.layouts.layout import Layout
from dfer.errors import UsageError

SCRATCH = ".drawing-"
_MARK = "world.json"


def check_folder(folder: Path, layout: Layout, world: dict[str, Any], *, overwrite: bool) -> None:
    """Whether a world of that layout, with `world` as its mark, may be drawn into the folder.

    Raises:
        UsageError: it is a file, holds another world or other things and `overwrite` is not set, or holds
            something of the names that the layout writes and that is not ours.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"expected a folder to draw into, found a file: {folder}")
    if not folder.is_dir() or not _contents(folder):
        return
    ours = _names_of_ours(folder)
    if ours is None and not overwrite:
        raise UsageError(
            f"{folder} is not empty and no synthetic world",
            hint="choose a new folder, or ask to overwrite, which leaves files of other names alone",
        )
    there = {name: value for name, value in (_mark(folder) or {}).items() if name != "replaces"}
    if ours is not None and not overwrite and there != world:
        raise UsageError(
            f"{folder} holds another synthetic world; runs may have been trained on it",
            hint="choose a new folder, or replace it with --overwrite",
        )
    # Somebody's data set, perhaps the only copy; no flag is worth deleting that.
    theirs = [name for name in layout.tops if name not in (ours or ()) and _exists(folder / name)]
    if theirs:
        raise UsageError(
            f"{folder} holds clips that dfer did not draw: {', '.join(theirs)}", hint="choose a new folder"
        )


def put_in_place(scratch: Path, folder: Path, layout: Layout, world: dict[str, Any]) -> None:
    """Moves the finished world from `scratch`, inside the folder, to where it belongs; `world` is its mark.

    Killed at any moment, it leaves a folder that is ours, with all that is ours in it known to be so: it can
    be drawn into again.
    """
    old = _names_of_ours(folder) or set()
    left_over = sorted(old - set(layout.tops))
    # The mark comes before what it stands for, and names what is left of another layout until that is gone.
    _write_mark(folder, scratch, {**world, "replaces": left_over} if left_over else world)
    (scratch / "old").mkdir()
    for name in sorted(old):
        if _exists(folder / name):
            (folder / name).rename(scratch / "old" / name)
    for name in layout.tops:
        (scratch / name).rename(folder / name)
    if left_over:
        _write_mark(folder, scratch, world)


def _write_mark(folder: Path, scratch: Path, world: dict[str, Any]) -> None:
    text = json.dumps(world, indent=2, ensure_ascii=False) + "\n"
    (scratch / _MARK).write_text(text, encoding="utf-8")
    (scratch / _MARK).replace(folder / _MARK)


def _names_of_ours(folder: Path) -> set[str] | None:
    """The names in the folder that a world of ours has taken; None if there is no world that we know of."""
    world = _mark(folder)
    if world is None or world.get("synthetic") is not True:
        return None
    layout = LAYOUTS.get(str(world.get("layout", "csv")))
    if layout is None:
        return None
    return {*layout.tops, *_known_names(world.get("replaces"))}


def _mark(folder: Path) -> dict[str, Any] | None:
    try:
        world: Any = json.loads((folder / _MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return world if isinstance(world, dict) else None


def _known_names(written: Any) -> Iterable[str]:
    """Those of some layout: a mark that somebody edited must not make us move anything else."""
    known = {name for layout in LAYOUTS.values() for name in layout.tops}
    return known.intersection(map(str, written)) if isinstance(written, list) else ()


def _contents(folder: Path) -> list[Path]:
    """What lies in the folder, but for what a killed drawing left behind."""
    return [path for path in folder.iterdir() if not path.name.startswith(SCRATCH)]


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()
