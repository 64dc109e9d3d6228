"""The command line, a file for each group of commands: parse, call, show.

`app` holds what they share, `main` is the entry point. Heavy imports stand inside the commands, so that ``--help`` is
instant.

Imports from all other rooms; no other room imports from here. Look first at `app`, then at `run`.
"""
