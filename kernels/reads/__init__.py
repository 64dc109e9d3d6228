"""Reads of a measured pulse train, for the fit of a device: how likely they are under a step law.

- `filter`: the likelihood, many trains and parameter sets at once, and the mean curve of a law

Imports from `base`. Called by `xbarsim.measure`.
"""
