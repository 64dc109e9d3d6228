"""``xbarsim import``: weights that were trained elsewhere become a run file."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from ..base.errors import LayoutError
from ..describe.settings import sizes, values_of_settings, words
from .app import app, command_line, option


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Weights: .npz, .safetensors, .pt (state_dict) or .onnx.")],
    out: Annotated[Path, option("Output", "Run file.", "net.h5", "--out", "-o")] = Path("net.h5"),
    map_: Annotated[
        str | None,
        option(
            "Network", "Arrays of the layers, in order: fc1.weight+fc1.bias,fc2.weight.", "by names, shapes", "--map"
        ),
    ] = None,
    layers: Annotated[
        str | None,
        option("Network", "With convolutions: 28x28x1,conv5x16,pool2,conv5x32,pool2,128,10.", "dense, or as ONNX says"),
    ] = None,
    neurons: Annotated[
        str | None,
        option("Network", "Hidden neurons, one or one per layer: relu, sigmoid, tanh, hard-sigmoid, linear.", "relu"),
    ] = None,
    half_width: Annotated[float, option("Network", "Hard sigmoids: clip(1/2 + x / 2c, 0, 1); this c.", "3")] = 3.0,
    input_mean: Annotated[
        str | None, option("Network", "Training subtracted this from inputs of 0 to 1; one, or one per input.", "0")
    ] = None,
    input_std: Annotated[
        str | None, option("Network", "And divided by this; both go into the first layer.", "1")
    ] = None,
    mapping: Annotated[
        str, option("Array", "single: one device carries |W|; both; offset: beside a reference.", "single")
    ] = "single",
    scale: Annotated[
        str, option("Array", "Weight of a full W: max, percentile=99.9 or a number; or one per layer.", "max")
    ] = "max",
    bias: Annotated[
        str, option("Array", "digital: added after the read; or row: one more row of devices.", "digital")
    ] = "digital",
    full: Annotated[
        str | None,
        option("Array", "Hidden outputs that drive at the full voltage; one, or one per layer.", "1, or the largest"),
    ] = None,
    device: Annotated[
        str | None, option("Device", "Preset (xbarsim devices), device file (.toml), or file.py:function.")
    ] = None,
    settings: Annotated[
        list[str] | None, option("Device", "Any key of a layout, KEY=VALUE; may be repeated.", None, "--set")
    ] = None,
    dataset: Annotated[str | None, option("Run", "Whose test samples are used.", "auto, if it fits")] = None,
    force: Annotated[bool, option("Output", "Overwrite an existing run file.", None, "--force")] = False,
    as_json: Annotated[bool, option("Output", "One JSON object; accuracies are fractions.", None, "--json")] = False,
    quiet: Annotated[bool, option("Output", "No notes.", None, "--quiet", "-q")] = False,
) -> None:
    """Put weights that were trained elsewhere into an array.

    The run file has the conductances that the weights ask for; no device was programmed yet.

    [bold]xbarsim import model.safetensors --neurons relu --dataset mnist -o net.h5[/bold]
    [bold]xbarsim program net.h5 -o programmed.h5[/bold]
    """
    from ..api import imported, importing
    from ..base.files import check_other
    from ..base.notes import collected, muted
    from ..record.places import check_writable
    from ..show import views_program

    check_other(out, file)
    check_writable(out, force=force)
    values: dict[str, Any] = values_of_settings(settings or ())
    importing.check_keys(values)
    with muted(quiet), collected() if quiet else contextlib.nullcontext():
        asked = importing.Asked(
            layers=() if layers is None else sizes(layers),
            half_width=half_width,
            device=device,
            mapping=mapping,
            scale=scale,
            bias=bias,
            full=[] if full is None else numbers_of("--full", full),
            input_mean=0.0 if input_mean is None else numbers_of("--input-mean", input_mean),
            input_std=1.0 if input_std is None else numbers_of("--input-std", input_std),
            dataset=dataset,
            out=out,
            force=force,
            values=values,
            command_line=command_line(),
        )
        found = imported.import_file(file, asked, weights=map_ or "", neurons=neurons)
    views_program.show_import(found, as_json=as_json)


def numbers_of(where: str, text: str) -> list[float]:
    """Numbers with commas."""
    try:
        return [float(part) for part in words(text)]
    except ValueError:
        raise LayoutError(f"{where}: expected numbers with commas, got '{text}'; give for example 0.1307") from None
