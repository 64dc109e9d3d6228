"""The command line, a file for each group of commands: parse, call, show.

`app` holds what they share, `main` is the entry point. Heavy imports stand inside the commands, so that ``--help`` is
instant.
"""
