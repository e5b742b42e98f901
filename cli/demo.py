"""`dfer demo`: the whole way, offline, by the very commands that a user would type."""

import os
import shlex
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from . import output

# Random weights learn nothing at the published rate of 1e-5, which is meant for fine-tuning a trained CLIP.
_TRAINING = "--clip tiny --epochs 6 --batch-size 16 --set visual_learning_rate=0.01 --quiet"


def demo(
    folder: Annotated[
        Path | None, typer.Option(help="A new folder to work in. Default: a scratch folder.")
    ] = None,
    clips: Annotated[int, typer.Option(min=28, help="Clips in the synthetic world.")] = 140,
    folds: Annotated[int, typer.Option(min=1, max=5, help="How many of the five folds to train on.")] = 2,
) -> None:
    """The whole way in a scratch folder, offline: describe, make controls, train, compare."""
    from dfer.describe.facs_server import facs_server
    from dfer.errors import UsageError

    started = time.monotonic()
    place = folder or Path(tempfile.mkdtemp(prefix="dfer-demo-"))
    if place.exists() and any(place.iterdir()):
        raise UsageError(f"{place} is not empty", hint="name a new folder")
    place.mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    os.chdir(place)
    try:
        _say("A small world of animated faces, drawn from action units. It is no evidence about real faces.")
        _run(f"dfer data synth world --classes dfew7 --clips {clips} --seed 1 --size 64")
        with facs_server() as base_url:
            _say(
                "Descriptions, asked of an LLM server on this machine (here the built-in author behind HTTP)."
            )
            _run(
                f"dfer describe --classes dfew7 --model builtin/facs --base-url {base_url} --alias described"
            )
        _say("Two control sets: class names alone, and random words of the same number and length.")
        _run("dfer sets control @described --kind names --alias names --quiet")
        _run("dfer sets control @described --kind random --seed 1 --alias random --quiet")
        _say(f"DFER-CLIP, trained with each of the three on {folds} folds.")
        for name in ("described", "names", "random"):
            for fold in range(1, folds + 1):
                _run(f"dfer train --descriptions @{name} --data world/clips.csv --fold {fold} {_TRAINING}")
        _say("Which wording was better?")
        _run("dfer compare @described @names @random")
    finally:
        os.chdir(before)
    typer.echo(
        "\nThe tiny CLIP has random weights, so words mean nothing to it: this table shows how a comparison\n"
        "is made, not that wording does not matter. With real weights: --clip ViT-B-32 --pretrained openai.\n"
    )
    typer.echo(f"Everything is in {place} ({time.monotonic() - started:.0f} s):")
    for what, where in (
        ("clips", "world/"),
        ("answers, sets, runs", "dfer.db"),
        ("checkpoints", "runs/"),
    ):
        typer.echo(f"  {what:<20} {place / where}")
    output.note(f"next: cd {place} && dfer sets diff @described @random && dfer runs list")


def _say(text: str) -> None:
    typer.secho(f"\n# {text}", bold=True)


def _run(command: str) -> None:
    """Type a command: show it, then run it as the shell would, in this process (torch loads only once)."""
    from .main import app

    typer.echo(f"$ {command}")
    arguments = shlex.split(command)[1:]
    code = app(arguments, standalone_mode=False, prog_name="dfer")
    if code:
        raise typer.Exit(int(code))
