"""Data sets by the name that `--dataset` takes."""

import difflib
from collections.abc import Callable
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.readers.afew import list_afew
from dfer.clips.readers.csv_list import list_csv
from dfer.clips.readers.dfer_clip_list import list_lists
from dfer.clips.readers.dfew import list_dfew
from dfer.clips.readers.ferv39k import list_ferv39k
from dfer.clips.readers.folder_tree import list_folders
from dfer.clips.readers.listing import Listing
from dfer.clips.readers.mafw import list_mafw, list_mafw_compound
from dfer.errors import UsageError

READERS: dict[str, Callable[..., Listing]] = {
    "csv": list_csv,
    "dfer-clip": list_lists,
    "dfew": list_dfew,
    "ferv39k": list_ferv39k,
    "mafw": list_mafw,
    "mafw-compound": list_mafw_compound,
    "afew": list_afew,
    "folders": list_folders,
}
"""What each takes as data, and how it names a clip:

| name | data | a clip's id |
|---|---|---|
| csv | a table with the columns `path,label` and others | its `path` |
| dfer-clip | a folder of `NAME_set_1_train.txt`, or a pattern with `{fold}`, `{split}` | a line's DIR |
| dfew | the folder with `EmoLabel_DataSplit` and the clips | 00001 |
| ferv39k | the folder with `4_setups` and `2_ClipsforFaceCrop` | Crime/Angry/0063 |
| mafw | the folder with `Train & Test Set` and the clips; eleven classes | 00025 |
| mafw-compound | the same; 43 classes, in other folds | 00025 |
| afew | `AFEW_Face` or the folder around it | train/Sadness/000046280 |
| folders | the top of a tree `split/label/clip` or `label/clip` | its path in the tree |

A data set's folder may be nested in another, as unzipping leaves it; lists may lie apart from the clips,
whose folder is then named as `root`. For `afew` and `folders`, whose folders are the list, `root` is that
tree.
"""


def list_clips(dataset: str, data: Path, *, root: Path | None = None) -> Listing:
    """What a data set's lists hold; `data` is what its reader takes, `root` where the clips lie if elsewhere.

    Raises:
        UsageError: no data set of that name, or its lists are not there.
        ContentError: a file is no list at all.
    """
    if dataset not in READERS:
        close = difflib.get_close_matches(dataset.casefold(), READERS, n=1)
        raise UsageError(
            f"unknown data set {dataset!r}",
            hint=f"did you mean {close[0]}?" if close else f"one of {', '.join(READERS)}",
        )
    return READERS[dataset](data, root=root)


def read_clips(dataset: str, data: Path, *, root: Path | None = None) -> list[Clip]:
    """All clips of a data set, known to be on disk; arguments as of `list_clips`.

    Raises:
        UsageError: no data set of that name.
        ContentError: the list, or a clip that it names, is not as it should be.
    """
    return list_clips(dataset, data, root=root).checked()
