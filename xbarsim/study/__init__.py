"""Studies: many runs, what is compared, and the figures of papers.

- `tasks`, `study`, `workers`, `in_worker`: runs in workers, that can be stopped and taken up again
- `executors`, `orphans`, `cluster`: who the workers are, processes of this machine or those of a Dask scheduler
- `transfers`: one trained network in many arrays
- `trials`, `clock`: how long that takes, told before it is spent, and what is left of it
- `comparison`, `device_cards`: devices side by side; `claims`: whose a folder is
- `grid`, `samples`, `effects`, `parts`: several keys at once, drawn from ranges, which of them matters, and by parts
- `departures`, `limits`: what a device has that an ideal one has not, and what it costs
- `rule_choices`, `rule_comparison`, `rule_tables`: rules side by side; `fixed_reference`: each also with one device
  of a pair fixed, and what that saves
- `figure`, `paper`, `papers`, `curves`, `reproduction`, `verdict`: the figures of Lim et al. (2019), beside
  published numbers
- `space`, `asking`, `rounds`, `tuned`, `tuning`: settings of a rule that are searched, in rounds of runs
- `rules_devices`, `rules_by_device`, `rules_report`: every rule with settings of its own on every device;
  `target`: what rules make of a matrix beside wrong references
- `crus`, `tune`: the conditional reverse update scheme; `bs`, `energy_bs`, `energy_constants`, `energy_report`:
  binary-stochastic learning and its energy

Imports from `after`, `loop`, `record`, `learn`, `data_sets`, `arrays`, `describe` and `base`. Look first at `tasks` and
`study`.
"""
