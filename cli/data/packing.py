"""`dfer data pack`: decode once."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from .. import output
from ..clips_progress import clips_bar
from ..options import Json, Quiet
from ..training_options import Dataset, Root, Workers, default_workers


def pack(
    data: Annotated[Path, typer.Argument(help="The data set's folder or list, as for `dfer train`.")],
    out: Annotated[Path, typer.Argument(help="The pack to write, such as mafw.pack.")],
    dataset: Dataset = "csv",
    root: Root = None,
    size: Annotated[
        int, typer.Option(min=16, max=2048, help="Width and height of the packed frames: the model's.")
    ] = 224,
    fit: Annotated[
        Literal["stretch", "centre-square"],
        typer.Option(help="stretch (DFER-CLIP), or the middle square (EmoCLIP)."),
    ] = "stretch",
    max_frames: Annotated[
        int | None,
        typer.Option(min=1, help="Of longer clips keep so many, evenly spaced. Default: every frame."),
    ] = None,
    broken_frames: Annotated[
        Literal["error", "skip", "repeat"],
        typer.Option(help="A frame that cannot be decoded: stop, leave it out, or put the one before."),
    ] = "error",
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Decode clips once into one file that is read many times as fast. Stopped, it goes on when run again."""
    from dfer.clips.packing.plan import Packing
    from dfer.clips.packing.writing import pack_clips
    from dfer.clips.readers.reading import read_clips

    clips = read_clips(dataset, data, root=root)
    with clips_bar("packing", quiet=quiet) as on_clip:
        packed = pack_clips(
            clips,
            out,
            dataset=dataset,
            packing=Packing(size=size, fit=fit, max_frames=max_frames, broken_frames=broken_frames),
            workers=default_workers(workers),
            on_clip=on_clip,
        )
    if json:
        output.print_json(
            {
                "pack": str(packed.path),
                "created": packed.created,
                "dataset": dataset,
                "clips": packed.clips,
                "frames": packed.frames,
                "bytes": packed.bytes,
                "resumed": packed.resumed,
                "size": size,
                "fit": fit,
            }
        )
        return
    output.say(str(packed.path))
    if not packed.created:
        output.note("unchanged: it is of just these clips", quiet=quiet)
        return
    resumed = f", {packed.resumed} of them from before" if packed.resumed else ""
    output.note(
        f"{output.count_of(packed.clips, 'clip')}{resumed}, {output.count_of(packed.frames, 'frame')} "
        f"of {size} x {size}, {packed.bytes / 1e6:,.0f} MB\n"
        f"next: dfer data check {packed.path}\n"
        f"      dfer train --descriptions v1 --data {packed.path} …",
        quiet=quiet,
    )
