"""Networks that the defaults have to train: see docs/defaults.md."""
