"""What needs aihwkit, which is not installed here: it made the files of this folder."""

collect_ignore = ["make.py", "make_pcm.py", "make_inference.py"]
