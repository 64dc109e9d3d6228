"""What every other room stands on: errors, checks of single values, files that are whole or not there.

- `errors`: the tree of errors, and the nearest known name
- `checks`: a number, a whole number, a choice; each says where, what was expected, and what came
- `arguments`: what callers in Python give, checked by name
- `notes`: lines for whoever listens, and what is waited for; `compiling`: when the compiler is what takes long
- `table`: rows of named values; `shown`: how objects show themselves
- `files`: files that appear under their name when they are whole
- `machine`: its cores, memory and file systems; `signals`: those that end a program

Imports nothing of xbarsim, and Numba only to hear when it compiles. Look first at `errors`.
"""
