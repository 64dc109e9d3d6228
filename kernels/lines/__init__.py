"""Pulse lines: what events do besides the pulses themselves."""
