"""What needs aihwkit, which is not installed here."""

collect_ignore = ["aihwkit_tiles.py"]
