"""Layers as words: what they make, and what is no layer."""

from __future__ import annotations

import pytest

from xbarsim import Layout, LayoutError

pytestmark = pytest.mark.once


def arrays(*words):
    return [(a.inputs, a.outputs, a.positions) for a in Layout.of(layers=words).network.arrays]


def test_what_words_make():
    assert arrays("28x28x1", "conv5x16", "pool2", "conv5x32", "pool2", 128, 10) == [
        (25, 16, 576), (400, 32, 64), (512, 128, 1), (128, 10, 1),
    ]  # fmt: skip
    assert arrays("9x7x3", "conv3x5x4s2p1", "mean2s1", 2) == [(45, 4, 15), (32, 2, 1)]
    assert arrays(784, 200, 10) == [(784, 200, 1), (200, 10, 1)]
    layout = Layout.of(layers=(" 6x6 ", "CONV3x2", "max-pool2", "10"))
    assert layout.network.layers == ("6x6x1", "conv3x2", "pool2", 10)
    assert Layout.from_toml_text(layout.to_toml()) == layout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((784, "²"), "whole number, conv or pool"), ((784, "9" * 5000), "whole number, conv or pool"),
        (("6x6x1", "conv0x4", 3), "a kernel and a stride of 1 or more"), (("6x6x1", "conv3x0", 3), "1 to 65535"),
        (("6x6x1", "conv7x4", 3), "a window that fits into 6x6x1"), ((36, "conv3x4", 3), "expected a map"),
        (("6x6x1", "conv3x4p3", 3), "padding below the kernel"), (("6x6x1", "conv3x4", "pool2"), "an array last"),
        (("6x6x1", "conv3x4"), "one output per class"), (("6x6x1", "pool2", "mean2", 3), "pools of one kind"),
        (("6x0x1", 3), "sizes of 1 or more"), (("6x6x1", "conv3x2s" + "9" * 30, 3), "conv or pool"),
        (("300x300x8", 3), "at most 65535 inputs"),
    ],
)  # fmt: skip
def test_what_is_no_layer_is_said(words, said):
    with pytest.raises(LayoutError, match=said) as caught:
        Layout.of(layers=words)
    assert str(caught.value).startswith("network.layers")


LONG = """
[[network.layer]]
kind = "conv"
inputs = [6, 6, 2]
kernel = [3, 2]
channels = 4
padding = 1

[[network.layer]]
kind = "max-pool"
inputs = [6, 7, 4]
kernel = 2

[[network.layer]]
inputs = 36
outputs = 5
"""


def test_the_long_form():
    assert Layout.from_toml_text(LONG).network.layers == ("6x6x2", "conv3x2x4p1", "pool2", 5)
    for old, new, said in (
        ('"conv"', '"cnv"', "dense"),
        ("kernel = 2", "size = 2", "unknown key 'network.layer.size'"),
        ("inputs = 36", "inputs = 35", "layers must chain"),
        ("channels = 4", "", "got no 'channels'"),
        ("[6, 6, 2]", "[6, 6, 2, 1]", "height, width, channels"),
    ):
        with pytest.raises(LayoutError, match=said):
            Layout.from_toml_text(LONG.replace(old, new, 1))
