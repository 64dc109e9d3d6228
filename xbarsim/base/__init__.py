"""What every other room stands on: errors, checks of single values, files that are whole or not there.

- `errors`: the tree of errors, and the nearest known name
- `checks`: a number, a whole number, a choice; each says where, what was expected, and what came
- `notes`: lines for whoever listens
- `table`: rows of named values
- `files`: files that appear under their name when they are whole
- `machine`: its cores, memory and file systems; `signals`: those that end a program

Imports nothing of xbarsim. Look first at `errors`.
"""
