"""`--explain DIR`: one page for each clip, written as soon as the clip is explained."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from description_store.records import Run
from dfer.class_sets import ClassSet
from dfer.errors import ConfigurationError
from dfer.explain.clip_shown import ShownClip
from dfer.explain.explainer import Explainer, make_explainer
from dfer.explain.page import explanation_page
from dfer.predict.loaded import LoadedRecogniser
from dfer.predict.prediction import ClipPrediction
from dfer.training.checkpoint import write_whole

_LONGEST = 60  # characters of a file's name; most file systems take 255 bytes


@dataclass(frozen=True, kw_only=True)
class Explanations:
    """The pages of some clips, on their way into a folder."""

    explainer: Explainer
    run: Run | None
    files: dict[Path, Path]
    """Where the page of each clip goes."""

    def write(self, predicted: ClipPrediction) -> Path:
        """The page's file. What was `predicted` has its `evidence` (`predict_clips` with `keep_seen`).

        Raises ConfigurationError if it cannot be written.
        """
        seen = predicted.evidence
        assert seen is not None
        clip = ShownClip(
            name=str(predicted.path), frames=seen.pictures, times=seen.times, notes=predicted.notes
        )
        evidence = self.explainer.explain(seen.features)
        page = explanation_page(self.explainer, clip, evidence, windows=len(seen.features), run=self.run)
        file = self.files[predicted.path]
        try:
            write_whole(file, lambda path: path.write_text(page, encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"cannot write {file}: {error.strerror or error}") from error
        return file


def explanations_into(
    folder: Path,
    loaded: LoadedRecogniser,
    *,
    class_set: ClassSet,
    clips: Sequence[Path],
    run: Run | None = None,
) -> Explanations:
    """To be called before any clip is read: what cannot be explained is said here.

    The folder is made if it is not there; a page of an earlier call gives way to its new one. `class_set` is
    what the recogniser's set was made for, `run` the one that trained it.

    Raises:
        ConfigurationError: no such folder can be made.
        UsageError, ContentError: as `make_explainer`.
    """
    explainer = make_explainer(loaded, class_set=class_set)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"cannot make the folder {folder}: {error.strerror}", hint="name another with --explain"
        ) from error
    names = page_names(clips)
    return Explanations(
        explainer=explainer, run=run, files={clip: folder / name for clip, name in names.items()}
    )


def page_names(clips: Sequence[Path]) -> dict[Path, str]:
    """A file name for each clip: its own, with a number behind it where an earlier clip has taken that."""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for clip in clips:
        own = _safe(clip)
        numbered = (f"{own}-{number}" for number in count(2))
        name = next(name for name in chain([own], numbered) if name not in taken)
        taken.add(name)
        names[clip] = f"{name}.html"
    return names


def _safe(clip: Path) -> str:
    """Letters, digits, "_", "." and "-" of its last part; in lower case, as not all disks tell capitals."""
    kept = re.sub(r"[^\w.-]+", "_", clip.name).strip("._")
    return kept[-_LONGEST:].casefold() or "clip"
