"""Studies: many runs, what is compared, and the figures of papers.

- `tasks`, `study`, `workers`, `orphans`: runs in worker processes, that can be stopped and taken up again
- `trials`, `clock`: how long that takes, told before it is spent, and what is left of it
- `comparison`, `device_cards`: devices side by side; `grid`: several keys at once
- `departures`, `limits`: what a device has that an ideal one has not, and what it costs
- `rule_choices`, `rule_comparison`, `rule_tables`: rules side by side
- `figure`, `paper`, `papers`, `curves`, `reproduction`, `verdict`: the figures of Lim et al. (2019), beside
  published numbers
- `crus`, `tune`: the conditional reverse update scheme; `bs`, `energy_bs`, `energy_constants`, `energy_report`:
  binary-stochastic learning and its energy

Imports from `after`, `loop`, `learn`, `data_sets`, `arrays`, `describe` and `base`. Look first at `tasks` and `study`.
"""
