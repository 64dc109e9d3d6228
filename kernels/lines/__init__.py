"""Pulse lines: what an event does besides the pulses themselves.

- `table`: the stages of pulse lines, and the kinds there are
- `silent`: nobody looks; `gates`: energies, latency and half-selects are counted; `disturbing`: half-selected devices
  move, too
- `refresh`: one-sided pairs are written anew, and lines and circuits follow

Their tuples are in `circuit`, since reads enter their power, too. Imports from `rules` (what an event will do to a pair
is the rule's to say), `circuit`, `pair`, `device` and `base`. Look first at `table`.
"""
