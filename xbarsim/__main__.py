"""``python -m xbarsim``."""

from .commands.main import main

main()
