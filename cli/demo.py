"""`dfer demo`: the whole way, offline, by the very commands that a user would type."""

import os
import shlex
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from . import output

# The tiny CLIP starts from random weights, so it wants other rates than a trained CLIP that is fine-tuned.
_SETTINGS = """\
classes = "dfew7"

[train]
data = "world/clips.csv"
clip = "tiny"
epochs = 4
batch-size = 4
augmentation = "none"
set = [
    "pixel_normalisation=clip",
    "temperature=0.05",
    "temporal_learning_rate=0.001",
    "visual_learning_rate=0.001",
]
"""


def demo(
    folder: Annotated[
        Path | None, typer.Option(help="A new folder to work in. Default: a scratch folder.")
    ] = None,
    clips: Annotated[int, typer.Option(min=70, help="Clips in the synthetic world.")] = 140,
    folds: Annotated[int, typer.Option(min=1, max=5, help="How many of the five folds to train on.")] = 2,
) -> None:
    """The whole way in a scratch folder, offline: describe, make controls, sweep, compare."""
    from dfer.describe.facs_server import facs_server
    from dfer.errors import UsageError

    started = time.monotonic()
    place = (folder or Path(tempfile.mkdtemp(prefix="dfer-demo-"))).absolute()
    if place.exists() and any(place.iterdir()):
        raise UsageError(f"{place} is not empty", hint="name a new folder")
    place.mkdir(parents=True, exist_ok=True)
    before, environment = Path.cwd(), dict(os.environ)
    os.chdir(place)
    # The demo keeps to its folder and to this machine, whatever is set outside.
    for name in [n for n in os.environ if n.startswith(("DFER_", "OPENAI_"))]:
        del os.environ[name]
    os.environ["DFER_CACHE_DIR"] = str(place / ".cache")
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    try:
        _say("Settings of this folder, in dfer.toml, so that the commands stay short.")
        Path("dfer.toml").write_text(_SETTINGS, encoding="utf-8")
        output.say(_SETTINGS)
        _say("A small world of animated faces, drawn from action units. It is no evidence about real faces.")
        _run(f"dfer data synth world --clips {clips} --seed 1 --size 64")
        with facs_server() as base_url:
            _say("Descriptions, asked of an LLM server on this machine (the built-in author behind HTTP).")
            _run(f"dfer describe --model builtin/facs --base-url {base_url} --alias described")
        _say("Two control sets: class names alone, and random words, as many and as long.")
        _run("dfer sets control @described --kind names --alias names")
        _run("dfer sets control @described --kind random --seed 1 --alias random")
        _say(f"DFER-CLIP, trained with each of the three sets on {output.count_of(folds, 'fold')}.")
        _run(f"dfer sweep --descriptions @described,@names,@random --folds 1-{folds}")
        _say("Which wording was better?")
        _run("dfer compare @described @names @random --html report.html")
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)
    output.say(
        "\nThis CLIP started from random weights, so no word meant anything to it: the table shows how a\n"
        "comparison is made, not what wording is worth. With trained weights:\n"
        "  dfer train --clip ViT-B-32 --pretrained openai …\n"
    )
    output.say(f"Everything is in {place} ({time.monotonic() - started:.0f} s):")
    for what, where in (
        ("clips", "world/"),
        ("answers, sets, runs", "dfer.db"),
        ("checkpoints", "runs/"),
        ("the comparison", "report.html"),
    ):
        output.say(f"  {what:<20} {place / where}")
    output.note(f"next: cd {place} && dfer sets diff @described @random && dfer runs show r1")


def _say(text: str) -> None:
    output.say(f"\n# {text}", bold=True)


def _run(command: str) -> None:
    """Type a command: show it, then run it as the shell would, in this process (torch loads only once)."""
    from .main import app

    output.say(f"$ {command}")
    code = app(shlex.split(command)[1:], standalone_mode=False, prog_name="dfer")
    if code:
        raise typer.Exit(int(code))
