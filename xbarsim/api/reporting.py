"""Reports: a run, or what a study left, as one page to send to a colleague."""

from __future__ import annotations

from pathlib import Path

from ..base.arguments import arguments, truth
from ..base.arguments import path as a_path
from ..base.errors import OutputError
from ..base.files import check_new, created

SUFFIXES = (".html", ".htm")


@arguments(path=a_path, out=a_path, force=truth)
def report(path: str | Path, out: str | Path = "report.html", *, force: bool = False) -> Path:
    """One file of HTML about a run or a study, which needs no network and nothing beside it.

    Of a run: what was run, its numbers and warnings, device, curves, weights, writes, energies, configuration, where it
    comes from and how to make it again. Code of plug-ins is not run.

    Parameters
    ----------
    path : path
        A run file; the folder of a sweep, comparison, ``limits``, ``tune`` or reproduction; a device file; or what
        ``infer``, ``retention`` or ``transfer`` printed with ``--json``.
    out : path
        ``.html``.
    force : bool
        Overwrite an existing file.

    Returns
    -------
    Path
        Where the page is.

    Raises
    ------
    XbarsimError
        If `path` is nothing that there is a report of, or is damaged; or Matplotlib is not installed.
    OutputError
        If `out` exists and `force` is not given, or cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=40, dataset="two-pixels", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> page = xbarsim.report(path, path.with_suffix(".html"))
    >>> page.name, "test accuracy" in page.read_text(encoding="utf-8")
    ('run.html', True)
    >>> folder.cleanup()
    """
    target = Path(out)
    if target.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{target}: expected a name that ends in {' or '.join(SUFFIXES)}; rename it")
    check_new(target, force=force)
    from ..handout.recognised import page_of
    from ..handout.render import html_of
    from ..show.figures_style import pyplot

    pyplot()  # better told now than after a long replay
    content = html_of(page_of(Path(path))).encode("utf-8", "replace")  # a name may be no text
    with created(target, force=force) as stream:
        stream.write(content)
    return target
