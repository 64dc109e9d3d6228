"""One pulse on one device.

- `law`: a device that follows its law exactly: the step, the staircase, a reset
- `moves`: a device whose steps scatter, differ from its neighbour's, or stop
- `climbs`: a whole replay of such a device, drawn at once from the distribution that single pulses have
- `press`: one pulse or reset of any device, and its wear, for rules that pulse devices one by one

Imports from `base`. Look first at `law`, whose docstring has the equations.
"""
