"""`dfer demo`: the whole way, offline, by the very commands that a user would type."""

import os
import shlex
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from . import output

_SETTINGS = """\
classes = "dfew7"

[train]
data = "world/clips.csv"
clip = "dfer-tiny"
"""

# Few clips and few steps want other rates than fifty epochs on thousands of clips.
_TRAINING = """\
recipe = "dfer-clip"
descriptions = "@described,@names,@random"
epochs = 3
batch-size = 4
augmentation = "none"
set = [
    "pixel_normalisation=clip",
    "temperature=0.05",
    "temporal_learning_rate=0.001",
    "visual_learning_rate=0.0001",
]
"""


def demo(
    folder: Annotated[
        Path | None, typer.Option(help="A new folder to work in. Default: a scratch folder.")
    ] = None,
    clips: Annotated[int, typer.Option(min=70, help="Clips in the synthetic world.")] = 70,
    folds: Annotated[int, typer.Option(min=1, max=5, help="How many of the five folds to train on.")] = 2,
) -> None:
    """The whole way in a scratch folder, offline: describe, make controls, evaluate, train, compare."""
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
        _write("dfer.toml", _SETTINGS)
        _say("A small world of animated faces, drawn from action units. It is no evidence about real faces.")
        _run(f"dfer data synth world --clips {clips} --seed 1 --size 64")
        with facs_server() as base_url:
            _say("Descriptions, asked of an LLM server on this machine (the built-in author behind HTTP).")
            _run(f"dfer describe --model builtin/facs --base-url {base_url} --alias described")
        _say("Controls: class names alone; random words, as many and as long; other classes' descriptions.")
        _run("dfer sets control @described --kind names --alias names --quiet")
        _run("dfer sets control @described --kind random --seed 1 --alias random --quiet")
        _run("dfer sets control @described --kind swapped --seed 1 --alias swapped --quiet")
        _say("Nothing trained: words alone, read by dfer-tiny, a small CLIP that learnt faces, not emotions.")
        _run(
            "dfer sweep --name words --recipe zero-shot --descriptions @described,@names,@random,@swapped "
            "--folds 1-5"
        )
        _run("dfer compare --experiment words --html report.html")
        _say(
            f"How much of that does training leave? DFER-CLIP with three of the sets on "
            f"{output.count_of(folds, 'fold')}."
        )
        _write("training.toml", _TRAINING)
        _run(f"dfer sweep training.toml --name trained --folds 1-{folds}")
        _run("dfer compare --experiment trained --html trained.html")
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)
    output.say(
        "\nThe faces are drawn, and dfer-tiny learnt from drawn faces: this shows how wording is compared,\n"
        "and that it can matter, not what it is worth on real faces. With CLIP's own weights:\n"
        "  dfer evaluate --clip ViT-B-32 --pretrained openai …\n"
    )
    output.say(f"Everything is in {place} ({time.monotonic() - started:.0f} s):")
    for what, where in (
        ("clips", "world/"),
        ("answers, sets, runs", "dfer.db"),
        ("checkpoints", "runs/"),
        ("words alone", "report.html"),
        ("after training", "trained.html"),
    ):
        output.say(f"  {what:<20} {place / where}")
    output.note(
        f"next: cd {place} && dfer sets diff @described @random && "
        "dfer predict world/clips/00001 -d @described --clip dfer-tiny"
    )


def _write(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")
    output.say(text.rstrip())


def _say(text: str) -> None:
    output.say(f"\n# {text}", bold=True)


def _run(command: str) -> None:
    """Type a command: show it, then run it as the shell would, in this process (torch loads only once)."""
    from .main import app

    output.say(f"$ {command}")
    code = app(shlex.split(command)[1:], standalone_mode=False, prog_name="dfer")
    if code:
        raise typer.Exit(int(code))
