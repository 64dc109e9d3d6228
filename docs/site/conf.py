"""How Sphinx makes the site; `stage.py` has laid out what it reads."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
BUILD = Path(os.environ.get("XBARSIM_SITE", HERE.parent))

import made_pages  # noqa: E402 - it lies beside this file
from sphinx.ext.napoleon.docstring import GoogleDocstring  # noqa: E402

project = "xbarsim"
author = "The xbarsim authors"
copyright = "the xbarsim authors, Apache-2.0"  # noqa: A001 - Sphinx' name for it
release = importlib.metadata.version("xbarsim")
version = release
html_title = f"xbarsim {release}"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "myst_nb",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
]
exclude_patterns = [
    "gallery_scripts",
    "gallery/*.ipynb",
    "gallery/*.py",
    "_files",
    "**/sg_execution_times.rst",
    "sg_execution_times.rst",
    "jupyter_execute",
]
templates_path = ["_templates"]

# Pages: Markdown; headings have the anchors that a code host gives them.
myst_enable_extensions = ["colon_fence", "dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 4
default_role = "code"  # docstrings name things between single backticks

# Notebooks run once, in a folder of their own; what they came to is kept until their code changes.
nb_execution_mode = "cache"
nb_execution_cache_path = str(BUILD / "notebooks")
nb_execution_in_temp = True
nb_execution_timeout = 180
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "text/plain", 90)]


def figures_of_a_script(block: object, variables: dict, settings: dict) -> str:
    """Save the figures that a block of a gallery script has made, each once, whether pyplot knows of them or not."""
    from matplotlib import pyplot
    from matplotlib.figure import Figure
    from sphinx_gallery.scrapers import figure_rst

    seen = variables.setdefault("_figures_seen", set())
    paths = []
    for value in list(variables["example_globals"].values()):
        if isinstance(value, Figure) and id(value) not in seen:
            path = next(variables["image_path_iterator"])
            value.savefig(path, dpi=110, facecolor="white")
            seen.add(id(value))
            paths.append(path)
    pyplot.close("all")
    return figure_rst(paths, settings["src_dir"])


def by_reading_order(name: str) -> int:
    """Where a script stands in the gallery; one that is not named here comes last."""
    order = ("pulse_curves", "fit", "pair_methods", "one_run", "weights", "grid", "wires", "retention")
    stem = Path(name).stem.removeprefix("plot_")
    return order.index(stem) if stem in order else len(order)


sphinx_gallery_conf = {
    "examples_dirs": "gallery_scripts",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "conf.by_reading_order",
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "abort_on_example_error": True,
    "image_scrapers": (figures_of_a_script,),
    "reset_modules": (),
    "capture_repr": (),
    "plot_gallery": True,
}

autosummary_generate = True
autodoc_typehints = "none"  # docstrings say types, with shapes and units
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 100
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_static_path = ["style.css"]
html_css_files = ["style.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "show_toc_level": 2,
    "navbar_align": "left",
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"index": [], "readme": [], "changelog": []}
copybutton_exclude = ".linenos, .gp, .go"
suppress_warnings = [
    "mystnb.unknown_mime_type",
    "config.cache",  # the gallery's configuration has functions in it
]


# Of a property napoleon takes what stands before a colon for its type; here that is a sentence.
GoogleDocstring._parse_attribute_docstring = lambda self: self._consume_to_end()  # type: ignore[method-assign]


def setup(app: object) -> None:
    """Make the pages that are made of the program itself."""
    made_pages.write(HERE)
