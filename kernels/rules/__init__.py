"""Learning rules: what happens before the reads, between them, which lines fire, and what a pulse event does.

- `table`: the stages of an iteration, in their order, with what holds where a rule says nothing; the rules by name
- `arrays`: the stages about the arrays of a layer, where a rule has several
- one file or folder for each rule, which defines the NamedTuple ``Rule`` and functions with the names of stages

Imports from `way`, `circuit`, `pair`, `device` and `base`; rules do not know each other. Look first at `table`, then at
the shortest rule. How to add one: docs/extending.md.
"""
