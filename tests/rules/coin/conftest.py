"""Files that are at home elsewhere: they are put into a copy of the project, see `test_coin`."""

collect_ignore = ["kernel.py", "description.py", "learn.py", "play.py"]
