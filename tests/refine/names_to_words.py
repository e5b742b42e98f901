"""Must show: refined from names by the offline author, the gain on validation clips holds on test clips.

    python -m tests.refine.names_to_words --clip dfer-tiny

A world for each seed: other people, other clips, other noise. Zero-shot, so that nothing trains.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dfer_cli.training_options import chosen_weights

from description_store.database import open_store
from dfer.class_sets import load_class_set
from dfer.clips.synthetic.world import draw_world
from dfer.describe.collected import Manner
from dfer.describe.controls import save_control
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.refine.refine_set import refine_set
from dfer.refine.refining import Limits
from dfer.refine.validation import Validation
from dfer.training.data_source import DataSource
from dfer.training.preparing import prepare
from dfer.training.running import Machine

CLASSES = load_class_set("dfew7")


@dataclass(frozen=True, kw_only=True, slots=True)
class Gain:
    """UARs of the names and of what was refined from them; of the author's own descriptions on test clips."""

    val_before: float
    val_after: float
    test_before: float
    test_after: float
    test_described: float
    calls: int
    kept: int

    @property
    def holds(self) -> bool:
        return self.val_after > self.val_before and self.test_after > self.test_before


def with_validation_split(world: Path, *, train: int = 7) -> Path:
    """Two folds as one split: the first is tested, the second validates but for so many clips to train on."""
    header, *lines = world.read_text(encoding="utf-8").splitlines()
    columns = header.split(",")
    made = ["path,label,split"]
    others = 0
    for line in lines:
        row = dict(zip(columns, line.split(","), strict=False))
        split = "test"
        if row["fold"] != "1":
            others += 1
            split = "train" if others <= train else "val"
        made.append(f"{row['path']},{row['label']},{split}")
    listed = world.with_name("split.csv")
    listed.write_text("\n".join([*made, ""]), encoding="utf-8")
    return listed


def gain_of(
    seed: int, folder: Path, *, clip: str, clips: int, frames: int = 8, size: int = 64, rounds: int = 15
) -> Gain:
    """Half of the clips are tested; test clips are scored once all words are settled."""
    drawn = draw_world(
        folder / f"world{seed}", class_set=CLASSES, clips=clips, seed=seed, size=size, frames=frames, folds=2
    )
    source = DataSource(dataset="csv", data=with_validation_split(drawn))
    asking = plan_questions(CLASSES, load_template("dfer-clip"), model="builtin/facs")
    with open_store(folder / f"{seed}.db") as db:
        described = describe(db, asking).description_set
        names, _ = save_control(db, described, CLASSES, kind="names", seed=0, note="")
        prepared = prepare(
            names,
            source,
            recipe="zero-shot",
            overrides={},
            architecture=clip,
            pretrained=chosen_weights(clip, None),
            fold=1,
            seed=0,
            selection="best-val",
        )
        machine = Machine(accelerator="cpu")
        refined = refine_set(
            db,
            names,
            CLASSES,
            score=Validation(prepared=prepared, machine=machine).score,
            questions=asking,
            template=load_template("distinguish"),
            limits=Limits(rounds=rounds),
            where="validation clips",
            manner=Manner(),
        )
    if refined.failure is not None:
        raise refined.failure
    split = prepared.clips
    tested = replace(prepared, clips=replace(split, val=split.test, test=split.val))
    test = Validation(prepared=tested, machine=machine)
    return Gain(
        val_before=refined.before.uar,
        val_after=refined.after.uar,
        test_before=test.score(names).uar,
        test_after=test.score(refined.best).uar,
        test_described=test.score(described).uar,
        calls=refined.calls.made,
        kept=sum(step.kept for step in refined.steps),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", default="dfer-tiny")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--clips", type=int, default=280, help="of a world; half of them are tested")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args(arguments)
    gains = []
    print("seed   val before  after   test before  after   described   kept  calls")
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, asked.seeds + 1):
            gain = gain_of(seed, Path(folder), clip=asked.clip, clips=asked.clips, rounds=asked.rounds)
            gains.append(gain)
            print(
                f"{seed:4}   {100 * gain.val_before:10.1f}  {100 * gain.val_after:5.1f}   "
                f"{100 * gain.test_before:11.1f}  {100 * gain.test_after:5.1f}   "
                f"{100 * gain.test_described:9.1f}   {gain.kept:4}  {gain.calls:5}"
                f"{'' if gain.holds else '   does not hold'}",
                flush=True,
            )
    holding = sum(gain.holds for gain in gains)
    print(f"the gain holds on test clips in {holding} of {len(gains)} worlds")
    return 0 if holding >= 0.8 * len(gains) else 1


if __name__ == "__main__":
    raise SystemExit(main())
