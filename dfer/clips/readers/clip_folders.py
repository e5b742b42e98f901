"""Which folder of a data set holds the clips that its lists name, and under which name each lies there.

The same clips come as face crops, as whole frames and as videos, in folders that unzipping may have nested.
Every folder is listed once, whatever the number of folds.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from dfer.clips.clip import Clip
from dfer.clips.frame_files import is_video
from dfer.clips.readers.clip_names import without_video_suffix
from dfer.clips.readers.data_folder import entries_of, unpacked_in
from dfer.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundClips:
    """Where clips lie. `kind` is the chosen one of those looked for, None if no clip was found anywhere."""

    folder: Path
    kind: str | None
    paths: Mapping[str, Path]
    notes: tuple[str, ...]
    hint_missing: str

    def placed(self, clips: Iterable[Clip]) -> tuple[Clip, ...]:
        """The clips with their paths on this disk; a clip that is not there has the path it should have."""
        return tuple(replace(clip, path=self.paths.get(clip.id) or self.folder / clip.id) for clip in clips)


def find_clips(
    identities: Collection[str], *, home: Path, kinds: Sequence[str], root: Path | None = None
) -> FoundClips:
    """Looks for the clips in the first of `kinds` that holds any of them.

    A kind is a folder's path inside the data set (`Clip/clip_224x224`, or `2_ClipsforFaceCrop*`), the best
    kind first. Its folder may be nested in others, or in those of its own name, and may come in parts. A clip
    is a folder or a video of its name, with or without leading zeros. With `root`, clips lie in that folder
    itself, or else the kinds are looked for in it.

    The order of kinds is kept even if a later one holds more of the clips: crops and whole frames are not
    the same data, so that a missing crop must be told and not made up for.

    Raises:
        UsageError: `root` is no folder, or a folder cannot be listed.
    """
    if root is not None and not root.is_dir():
        raise UsageError(f"expected the folder of the clips as root, found none: {root}")
    top = home if root is None else root
    folders = _folders(top, kinds, include_top=root is not None)
    keys = {identity: _key(identity) for identity in identities}
    parents = {str(PurePosixPath(identity).parent) for identity in identities}
    there: list[tuple[str, Path, dict[str, Path]]] = []
    copies: list[tuple[str, Path, dict[str, Path]]] = []
    for kind, places in folders.items():
        paths: dict[str, Path] = {}
        first = None
        for place in places:
            index = _index(place, parents)
            here = {identity: index[key] for identity, key in keys.items() if key in index}
            if here and first is None:
                first = place
            elif here and here.keys() <= paths.keys():
                copies.append((kind, place, here))
            paths = here | paths  # of two parts that both hold a clip the first counts
        if first is not None:
            there.append((kind, first, paths))
    if not there:
        looked = ", ".join(kinds)
        return FoundClips(
            folder=top if root is not None else home / kinds[0].rstrip("*"),
            kind=None,
            paths={},
            notes=(f"no listed clip was found in {top}",) if identities else (),
            hint_missing=f"looked in {top} for {looked}; name the folder that holds the clips as root",
        )
    (kind, folder, paths), *others = there
    notes = []
    if others or copies:
        rest = ", ".join(f"{place} ({len(other)})" for _, place, other in (*others, *copies))
        notes.append(
            f"clips are read from {folder} ({len(paths)} of {len(identities)} listed); also there: {rest}; "
            "--root chooses another"
        )
    return FoundClips(
        folder=folder,
        kind=kind,
        paths=paths,
        notes=tuple(notes),
        hint_missing=f"clips are looked for in {folder}; name another folder that holds them as root",
    )


def _folders(top: Path, kinds: Sequence[str], *, include_top: bool) -> dict[str, list[Path]]:
    """The folders of each kind that exist; a folder belongs to the first kind that names it."""
    bases = unpacked_in(top)
    found: dict[str, list[Path]] = {".": [top] if include_top else []} | {kind: [] for kind in kinds}
    seen = set(found["."])
    # People leave out the folder around it, DFEW/clip_224x224 for DFEW/Clip/clip_224x224; but where such a
    # name is another kind's full one, it is that kind.
    names = [(kind, kind) for kind in kinds] + [(kind, PurePosixPath(kind).name) for kind in kinds]
    for kind, name in names:
        for base in bases:
            for folder in sorted(base.glob(name)):
                for place in _unzipped_into_itself(folder, PurePosixPath(name).name):
                    if place not in seen:
                        seen.add(place)
                        found[kind].append(place)
    return found


def _unzipped_into_itself(folder: Path, name: str) -> Iterator[Path]:
    """The folder, then those of its name inside it, however deep: `2_Clips-002/2_Clips` for `2_Clips*`."""
    if folder.is_dir():
        yield folder
        for inner in sorted(folder.glob(name)):
            yield from _unzipped_into_itself(inner, name)


def _index(folder: Path, parents: Iterable[str]) -> dict[str, Path]:
    """What could be a clip in the folders that lists name, by key."""
    found: dict[str, Path] = {}
    for parent in parents:
        inside = folder / parent
        if not inside.is_dir():
            continue
        named = [(is_folder, len(name), name) for name, is_folder in entries_of(inside)]
        # The last one counts: a folder of frames before a video, a padded number before a bare one.
        for is_folder, _, name in sorted(named):
            if is_folder or is_video(Path(name)):
                found[_key(f"{parent}/{name}")] = inside / name
    return found


def _key(identity: str) -> str:
    path = PurePosixPath(identity)
    name = without_video_suffix(path.name)
    if name.isascii() and name.isdigit():
        name = name.lstrip("0")
    return f"{path.parent}/{name}"
