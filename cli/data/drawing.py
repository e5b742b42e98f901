"""`dfer data synth`: the synthetic world."""

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from .. import output
from ..clips_progress import clips_bar
from ..options import Json, Quiet, complete_class_set


def synth(
    folder: Annotated[Path, typer.Argument(help="Where the world is drawn: clips and their lists.")],
    classes: Annotated[
        str | None,
        typer.Option(
            help="The class set whose emotions are drawn; by default the layout's own, mafw11 for csv.",
            autocompletion=complete_class_set,
        ),
    ] = None,
    clips: Annotated[int, typer.Option(min=1, help="Clips in all; classes take turns.")] = 110,
    layout: Annotated[
        Literal["csv", "dfew", "ferv39k", "mafw", "afew"],
        typer.Option(help="Lie on the disk as this data set does, lists and all; csv is one table."),
    ] = "csv",
    variation: Annotated[
        Literal["mild", "wild"],
        typer.Option(help="wild: subtle and strong faces, turned heads, hands and masks, bad light, blur."),
    ] = "mild",
    imbalance: Annotated[
        Literal["mafw"] | None,
        typer.Option(help="Class frequencies with a long tail like MAFW's; by default all are equal."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same world, byte for byte.")] = 1,
    size: Annotated[int, typer.Option(help="Width and height of a frame in pixels.")] = 112,
    frames: Annotated[int, typer.Option(help="About how many frames a clip has.")] = 24,
    video_format: Annotated[
        Literal["jpeg", "mp4"], typer.Option("--format", help="Folders of JPEG frames, or video files.")
    ] = "jpeg",
    folds: Annotated[int, typer.Option(min=2, help="Folds; no person is in two.")] = 5,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another world, or draw beside other things.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw a synthetic world: animated faces that show emotions. It is no evidence about real faces."""
    from dfer.class_sets import load_class_set
    from dfer.clips.synthetic.layouts.choosing import load_layout
    from dfer.clips.synthetic.variation import load_variation
    from dfer.clips.synthetic.world import draw_world

    class_set = load_class_set(classes or load_layout(layout).class_set)
    with clips_bar("drawing", quiet=quiet) as on_clip:
        data = draw_world(
            folder,
            class_set=class_set,
            clips=clips,
            seed=seed,
            size=size,
            frames=frames,
            video_format=video_format,
            folds=folds,
            layout=layout,
            variation=load_variation(variation),
            imbalance=imbalance,
            overwrite=overwrite,
            on_clip=on_clip,
        )
    if json:
        output.print_json(
            {
                **({"csv": str(data)} if layout == "csv" else {}),
                "data": str(data),
                "dataset": layout,
                "clips": clips,
                "class_set": class_set.name,
                "seed": seed,
                "format": video_format,
                "variation": variation,
                "imbalance": imbalance,
            }
        )
        return
    output.say(str(data))
    output.note(f"{clips} clips of {class_set.name} in {folds} folds\n{_next(layout, data)}", quiet=quiet)


def _next(layout: str, data: Path) -> str:
    place = shlex.quote(str(data))
    if layout == "csv":
        return f"next: dfer evaluate --descriptions v1 --data {place} --clip dfer-tiny"
    return (
        f"next: dfer data check {place} --dataset {layout}\n"
        f"      dfer evaluate --descriptions v1 --dataset {layout} --data {place} --clip dfer-tiny"
    )
