"""Finding list files by name: `train_set_3.csv` is the training list of fold 3 and so on."""

import glob
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfer.clips.readers.list_problems import split_name
from dfer.errors import UsageError

_SPLITS = "train|test|val|valid|validation"
_PLACEHOLDERS = {"fold": "[0-9]+", "split": _SPLITS}


@dataclass(frozen=True, kw_only=True, slots=True)
class ListFile:
    """One list, with the fold and the split that its name says."""

    path: Path
    fold: int
    split: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Lists:
    """The lists of one naming scheme in one place; `pattern` is that of their paths."""

    pattern: Path
    files: tuple[ListFile, ...]

    @property
    def folds(self) -> tuple[int, ...]:
        return tuple(sorted({file.fold for file in self.files}))


def matching(folder: Path, template: str) -> Iterator[ListFile]:
    """The files under `folder` whose path matches a template with `{fold}` and `{split}`.

    Without `{fold}` in it all are fold 1: one train and one test list are a data set's only fold.
    """
    expression = re.escape(template)
    for name, values in _PLACEHOLDERS.items():
        # A second {fold} must be the same fold: `set_{fold}/{split}_{fold}.txt`.
        placeholder = re.escape(f"{{{name}}}")
        expression = expression.replace(placeholder, f"(?P<{name}>{values})", 1)
        expression = expression.replace(placeholder, f"(?P={name})")
    stars = glob.escape(template).replace("{fold}", "*").replace("{split}", "*")
    for file in folder.glob(stars):
        if match := re.fullmatch(expression, file.relative_to(folder).as_posix(), re.IGNORECASE):
            groups = match.groupdict()
            yield ListFile(
                path=file,
                fold=int(groups["fold"]) if "fold" in groups else 1,
                split=split_name(groups["split"]) if "split" in groups else None,
            )


def find_lists(folders: Iterable[Path], templates: Sequence[str]) -> list[Lists]:
    """All lists of the templates in the folders: by template first, then by folder; no file twice."""
    folders = list(folders)
    seen: set[Path] = set()
    found = []
    for template in templates:
        for folder in folders:
            files = [file for file in matching(folder, template) if file.path not in seen]
            if files:
                seen.update(file.path for file in files)
                files.sort(key=lambda file: (file.fold, file.split or "", file.path))
                found.append(Lists(pattern=folder / template, files=tuple(files)))
    return found


def choose_lists(
    found: Sequence[Lists], *, data: Path, data_set: str, templates: Sequence[str]
) -> tuple[Lists, list[str]]:
    """The first of the lists found, with a note on the others, if there are any.

    Raises:
        UsageError: there are none; says what was looked for.
    """
    if not found:
        more = f" and {len(templates) - 1} other names" if len(templates) > 1 else ""
        raise UsageError(
            f"no lists of {data_set} in {data}, nor in a folder of it: looked for {templates[0]}{more}",
            hint=f"name the folder of {data_set} that holds its lists; --root names that of the clips",
        )
    chosen, *others = found
    if not others:
        return chosen, []
    rest = ", ".join(str(lists.pattern) for lists in others)
    return chosen, [f"lists are {chosen.pattern}; also there: {rest}"]


def fold_notes(lists: Lists, *, folds: int) -> list[str]:
    """What is missing of a data set that has `folds` folds with a train and a test list each."""
    notes = []
    if lists.folds != tuple(range(1, folds + 1)):
        notes.append(f"folds found: {', '.join(map(str, lists.folds))} (of 1 to {folds})")
    there = {(file.fold, file.split) for file in lists.files}
    for fold in lists.folds:
        for split in ("train", "test"):
            if (fold, split) not in there:
                notes.append(f"fold {fold} has no {split} list")
    return notes
