"""`dfer data synth`: the synthetic world."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from .. import output
from ..options import Json, Quiet, complete_class_set
from ..training_options import clips_bar


def synth(
    folder: Annotated[Path, typer.Argument(help="Where the world is drawn: clips/ and clips.csv.")],
    classes: Annotated[
        str, typer.Option(help="The class set whose emotions are drawn.", autocompletion=complete_class_set)
    ] = "mafw11",
    clips: Annotated[int, typer.Option(min=1, help="Clips in all; classes take turns.")] = 110,
    seed: Annotated[int, typer.Option(help="The same seed draws the same world, byte for byte.")] = 1,
    size: Annotated[int, typer.Option(help="Width and height of a frame in pixels.")] = 112,
    frames: Annotated[int, typer.Option(help="About how many frames a clip has.")] = 24,
    video_format: Annotated[
        Literal["jpeg", "mp4"], typer.Option("--format", help="Folders of JPEG frames, or video files.")
    ] = "jpeg",
    folds: Annotated[int, typer.Option(min=2, help="Folds; no person is in two.")] = 5,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Draw into a folder that holds other things.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw a synthetic world: animated faces that show emotions. It is no evidence about real faces."""
    from dfer.class_sets import load_class_set
    from dfer.clips.synthetic.world import draw_world

    class_set = load_class_set(classes)
    with clips_bar(clips, quiet=quiet) as on_clip:
        table = draw_world(
            folder,
            class_set=class_set,
            clips=clips,
            seed=seed,
            size=size,
            frames=frames,
            video_format=video_format,
            folds=folds,
            overwrite=overwrite,
            on_clip=on_clip,
        )
    if json:
        output.print_json(
            {
                "csv": str(table),
                "clips": clips,
                "class_set": class_set.name,
                "seed": seed,
                "format": video_format,
            }
        )
        return
    output.say(str(table))
    output.note(
        f"{clips} clips of {class_set.name} in {folds} folds\n"
        f"next: dfer train --descriptions v1 --data {table} --clip tiny --batch-size 16",
        quiet=quiet,
    )
