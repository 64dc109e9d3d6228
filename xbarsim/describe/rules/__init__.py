"""The learning rules as layouts ask for them: one file each, which defines ``RULE``, and one line each in `table`."""
