"""The layout that a command means: file, device and flags, what comes later overriding what came before."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import LayoutError
from ..base.notes import note
from ..describe.sections import HOMES, toml_key

if TYPE_CHECKING:
    from ..describe.layout import Layout


def merge(path: Path | None, device: str | None, given: dict[str, Any], *, command: str = "run") -> Layout:
    """Layout file, device and flags: what comes later overrides what came before."""
    from ..describe.layout import Layout

    if path is not None:
        if device is None:
            return Layout.from_toml(path, **given)
        return Layout.from_toml(path).with_device(device).replace(**given)
    if "layers" not in given:
        raise LayoutError(
            f"{command}: expected a layout file or --layers, got neither; try: xbarsim {command} --layers 784,200,10"
        )
    if device is None:
        return Layout.of(**given)
    return Layout.of(layers=given["layers"]).with_device(device).replace(**given)


def ignored(layout: Layout, given: Collection[str]) -> list[str]:
    """A line for flags that do nothing, though they say what the default is; of other values the run itself tells."""
    from ..describe.idle import given_in, idle, idle_lines

    return idle_lines(idle(layout, set(given) - set(given_in(layout))))


def tell_ignored(layout: Layout, given: Collection[str]) -> None:
    """Tell of such flags before a run."""
    for line in ignored(layout, given):
        note(line)


def check_same(path: Path, saved: Layout, layout: Path | None, device: str | None, given: dict[str, Any]) -> str | None:
    """A resume may repeat the configuration it started with, but not change it; returns the plug-in that is named."""
    from ..describe.layout import Layout
    from ..describe.plugin import named

    wanted = saved if layout is None else Layout.from_toml(layout)
    wanted = (wanted if device is None else wanted.with_device(device)).replace(**given)
    data = wanted.run.dataset
    if data == "auto" or str(Path(data).resolve()) == saved.run.dataset:  # the file has the whole path
        wanted = wanted.replace(dataset=saved.run.dataset)
    for name in ("schedule", "eval_every"):  # were filled in
        if getattr(wanted.run, name) is None:
            wanted = wanted.replace(**{name: getattr(saved.run, name)})
    step = None
    if wanted.device.runs_code and saved.device.runs_code and (layout is not None or device is not None):
        # It may lie elsewhere by now, but has to be the same code.
        wanted = wanted.replace(step=named(saved, str(wanted.device.step), str(path)).device.step)
        step, wanted = wanted.device.step, wanted.replace(step=saved.device.step)
    for name, section in HOMES.items():
        before, after = (getattr(getattr(x, section), name) for x in (saved, wanted))
        if before != after:
            raise LayoutError(
                f"{path}: expected the configuration it was started with, {section}.{toml_key(name)} = {before}, "
                f"got {after}; leave the flag out, or start a new run with --out"
            )
    return step
