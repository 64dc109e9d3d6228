"""``python -m xbarsim``."""

from .cli import main

main()
