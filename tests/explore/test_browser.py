"""The page in a real browser: Chromium, without a window. Skips, visibly, where there is none."""

from __future__ import annotations

import shutil
import time

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace

from .conftest import TINY

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
pytestmark = [
    pytest.mark.compiles,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="no chromium and chromedriver"),
]


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "window-size=1300,900"):
        options.add_argument(f"--{flag}")
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")  # nothing comes from elsewhere
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(20)
    yield driver
    driver.quit()


class Page:
    """A page, and what a test does on it."""

    def __init__(self, driver, server):
        self.driver = driver
        driver.get("about:blank")  # what a page before this one said when its server ended is its own
        driver.get_log("browser")
        driver.get(server.url)
        self.until("return document.querySelector('.map-title')?.dataset.iteration !== undefined")

    def js(self, code, *args):
        return self.driver.execute_script(code, *args)

    def until(self, code, seconds=15.0):
        """Wait until a piece of JavaScript gives something true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.js(code)
            if found:
                return found
            time.sleep(0.03)
        raise AssertionError(f"{code} stayed {found!r}; {self.js('return document.body.innerText')[:2000]}")

    def set(self, name, value, event="change"):
        """Set a control, as a hand does."""
        self.js(
            "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event(arguments[2]))",
            name,
            value,
            event,
        )

    def go(self, iteration, shown=None):
        """Move the slider, and wait for the maps."""
        self.set("slider", iteration, "input")
        where = f"'{iteration if shown is None else shown}'"
        self.until(f"return [...document.querySelectorAll('.map-title')].every(e => e.dataset.iteration === {where})")

    def text(self, name):
        return self.js(f"return document.querySelector('.{name}').innerText")

    def pixels(self, name):
        """Red of some pixels of a canvas, to see that it shows something."""
        return self.js(
            f"const c = document.querySelector('.{name}');"
            "return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 404 === 0)"
        )

    def pointer(self, name, x, y):
        """The mouse moved to a place of a canvas, in CSS pixels from its corner; to be clicked, or not."""
        canvas = self.driver.find_element("css selector", f".{name}")
        size = canvas.size
        return webdriver.ActionChains(self.driver, duration=0).move_to_element_with_offset(
            canvas, round(x - size["width"] / 2), round(y - size["height"] / 2)
        )

    def errors(self):
        return [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


def test_a_run_is_looked_at(browser, serve, run_file):
    path = run_file(method="b")
    page = Page(browser, serve(path))
    assert page.text("name") == "run.h5"
    assert "finished, 120 updates, test accuracy" in page.text("status")
    assert "W = G+ - G- (nS) of layer 1 after 120 updates" in page.text("map-title")
    assert "3 x 2 pixels" in page.text("fields-title")
    before = page.pixels("map")
    page.go(0)
    assert page.pixels("map") != before
    # Scrubbing: each wish is answered, or overtaken by a later one; the last one counts.
    for n in (3, 50, 51, 20, 119, 77):
        page.set("slider", n, "input")
    page.until("return document.querySelector('.map-title').dataset.iteration === '77'")
    wide, high = page.js("const c = document.querySelector('.map'); return [c.clientWidth, c.clientHeight]")
    # The box of the map, see maps.js: 7 rows, 5 columns; the middle of row 2, column 3.
    x, y = 52 + (wide - 130) * 3.5 / 5, 6 + (high - 44) * 2.5 / 7
    with Trace(path) as trace:
        value = float(trace.weights(1, 77)[2, 3]) / 1e-9
        history, counts = trace.synapse(1, 2, 3), trace.counts(1)
        page.pointer("map", x, y).perform()
        said = page.text("map-readout")
        assert said.startswith("row 2, column 3: W = G+ - G- = ")
        assert np.isclose(float(said.split(" = ")[-1].split()[0]), value, rtol=1e-3, atol=1e-3)
        page.pointer("map", x, y).click().perform()
        page.until("return document.querySelector('.pair-title').innerText.includes('row 2, column 3:')")
        page.until("return document.querySelectorAll('.pair .scatterlayer .trace').length >= 5")
        table = page.text("counts")
        assert f"{int(counts['pulses_plus'][2, 3]):,}" in table
        assert f"{float(history.g_plus[-1]) / 1e-9:.4g}" in table
    page.until("return document.querySelector('.over .heatmaplayer image')")
    page.until("return document.querySelector('.now .barlayer path')")
    assert page.text("over-readout") == ""
    page.set("layer", 2)
    page.until("return document.querySelector('.map-title').innerText.includes('layer 2')")
    assert page.js("return document.querySelector('.fields-panel').hidden")
    page.set("what", "g_minus")
    page.until("return document.querySelector('.map-title').innerText.startsWith('G- (nS)')")
    page.js("document.getElementById('first').click()")
    page.until("return document.querySelector('.map-title').dataset.iteration === '0'")
    page.set("layer", 1)
    page.until("return document.querySelector('.map-title').innerText.includes('layer 1')")
    # A pixel of a column's image is its pair, too: the first one of the first column.
    page.js("document.querySelector('.fields').scrollIntoView({block: 'center'})")
    page.pointer("fields", 4, 4).click().perform()
    page.until("return document.querySelector('.pair-title').innerText.includes('row 0, column 0:')")
    page.js("scrollTo(0, 0)")
    page.set("wide", 5)
    assert "6 inputs are not 5 x 2 pixels" in page.text("fields-title")
    for size in (1300, 420):  # nothing is cut off to the right
        browser.set_window_size(size, 900)
        page.until(f"return innerWidth <= {size} && document.documentElement.scrollWidth <= innerWidth")
    browser.set_window_size(1300, 900)
    assert page.errors() == []


def test_two_runs_and_one_slider(browser, serve, run_file):
    page = Page(browser, serve(run_file("a.h5", seed=1), run_file("soft.h5", rule="software")))
    page.until("return document.querySelectorAll('.map-title').length === 2")
    page.set("slider", 60, "input")
    page.until(
        "const [a, b] = document.querySelectorAll('.map-title');"
        "return a.dataset.iteration === '60' && b.dataset.iteration === '50'"
    )
    assert "nearest of 4 keyframes" in page.js("return document.querySelectorAll('.why')[1].innerText")
    page.set("row", 1)
    page.set("column", 2)
    titles = "[...document.querySelectorAll('.pair-title')].map(e => e.innerText)"
    page.until(f"return {titles}.every(text => text.includes('row 1, column 2'))")
    assert page.errors() == []


def test_a_run_that_goes_on_moves_the_page(browser, serve, tmp_path, tiny_data):
    path, asked = tmp_path / "run.h5", []
    xbarsim.run(Layout.of(**TINY), out=path, dataset=tiny_data, stop=lambda: len(asked) > 3 or bool(asked.append(0)))
    page = Page(browser, serve(path))
    assert page.text("status").startswith("interrupted")
    xbarsim.resume(path, dataset=tiny_data)
    page.until("return document.querySelector('.map-title').dataset.iteration === '120'")
    assert page.text("status").startswith("finished, 120 updates")
    assert page.js("return document.getElementById('slider').max") == "120"
    assert page.errors() == []
