"""``xbarsim movie``: a run as a movie."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import PLUGIN_OF_RUN, app


@app.command()
def movie(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Movie: .gif, or .mp4 with ffmpeg.")] = Path("run.gif"),
    layer: Annotated[int, typer.Option(help="Layer to show, from 1.")] = 1,
    every: Annotated[
        int | None, typer.Option(help="Updates from picture to picture.", show_default="a hundredth of the run")
    ] = None,
    what: Annotated[str, typer.Option(help="w, g_plus or g_minus; of lower digits g_plus_1, ...")] = "w",
    fps: Annotated[int, typer.Option(help="Pictures per second.")] = 15,
    device: Annotated[str | None, PLUGIN_OF_RUN] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing movie.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Make a movie of a layer over a run, beside its accuracy.

    Maps of W, or of G+ or G-, after every so many updates, with one colour scale.
    """
    from ..api import filming
    from ..show import report
    from ..show.progress import CountDisplay

    with CountDisplay("pictures", quiet=quiet, ways=["a larger --every"]) as display:
        filming.movie(
            file, out, layer=layer, every=every, what=what, fps=fps, device=device, force=force, listener=display
        )
    report.OUT.print(f"{out}")
