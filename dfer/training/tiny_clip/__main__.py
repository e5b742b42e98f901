"""Draw faces, train `dfer-tiny` on them, write its weights. `make tiny` runs it."""

import argparse
import os
import sys
import time
from pathlib import Path

import torch

from dfer import __version__
from dfer.errors import DferError
from dfer.models.tiny_clip.packed import save_packed
from dfer.training.tiny_clip.faces import draw_faces
from dfer.training.tiny_clip.learning import IMAGE_SIZE, Step, train_tiny_clip


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m dfer.training.tiny_clip", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the faces, the sentences and the weights")
    parser.add_argument("--out", type=Path, default=Path("dfer-tiny.safetensors"), help="the file to write")
    parser.add_argument("--faces", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=2_700, help="of 64 faces each")
    chosen = parser.parse_args()

    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:5.0f} s  {text}", file=sys.stderr, flush=True)

    def on_step(step: Step) -> None:
        if step.number % 100 == 0:
            losses = ", ".join(f"{name} {loss:.2f}" for name, loss in step.losses.items())
            tell(f"step {step.number}, {step.stage}: {losses}")

    tell(f"drawing {chosen.faces:,} faces")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    faces = draw_faces(chosen.faces, seed=chosen.seed, size=IMAGE_SIZE, processes=cores)
    tell(f"training on {torch.get_num_threads()} threads")
    try:
        state, row_of = train_tiny_clip(faces, steps=chosen.steps, seed=chosen.seed, on_step=on_step)
    except DferError as error:
        sys.exit(f"error: {error.message}\n  {error.hint}")
    made = {"dfer": __version__, "seed": chosen.seed, "faces": chosen.faces, "steps": chosen.steps}
    save_packed(chosen.out, state, row_of, metadata={name: str(value) for name, value in made.items()})
    tell(f"wrote {chosen.out} ({chosen.out.stat().st_size / 1e6:.1f} MB)")
    print(chosen.out)


if __name__ == "__main__":
    main()
