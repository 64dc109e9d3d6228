"""Progress in a notebook, in a real kernel: needs nbclient, ipykernel and ipywidgets, which `test` does not install."""

from __future__ import annotations

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("ipywidgets")
pytestmark = pytest.mark.compiles

CELL = """
import xbarsim
layout = xbarsim.Layout.of(layers=(2, 2), iterations=400, dataset="two-pixels", n_max=9, eval_last=1)
with xbarsim.progress() as bar:
    result = xbarsim.run(layout, listener=bar)
    during = bar._progress.finished, bar._bar
result
"""


@pytest.mark.filterwarnings("ignore")
def test_a_bar_moves_in_a_notebook():
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL), nbformat.v4.new_code_cell("during")])
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    first, second = book.cells
    kinds = {kind for output in first.outputs for kind in output.get("data", {})}
    assert "application/vnd.jupyter.widget-view+json" in kinds, first.outputs  # the bar
    (html,) = [output["data"]["text/html"] for output in first.outputs if output.output_type == "execute_result"]
    assert html.startswith("<table>")
    assert second.outputs[0]["data"]["text/plain"] == "(True, True)"
    assert not any(output.output_type == "stream" and "ipywidgets" in output.text for output in first.outputs)
