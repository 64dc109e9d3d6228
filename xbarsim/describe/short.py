"""Descriptions in short: what of them differs from the defaults."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..base.shown import Rows, written
from .fields import keys_of


def given_in(description: Any) -> dict[str, object]:
    """Keys whose values are not the defaults, by attribute."""
    usual = {field.name: field.default for field in dataclasses.fields(description)}
    return {name: value for name in usual if (value := getattr(description, name)) != usual[name]}


def in_short(description: Any) -> str:
    """As Python would make it: ``Device(n_max=64, beta=2)``."""
    return f"{type(description).__name__}({', '.join(f'{k}={written(v)}' for k, v in given_in(description).items())})"


def rows_of(description: Any) -> Rows:
    """Every key that has a value, with its unit."""
    keys = keys_of(type(description))
    values = {key.toml(name): getattr(description, name) for name, key in keys.items()}
    return type(description).__name__, [(name, written(v)) for name, v in values.items() if v is not None]
