"""Networks trained elsewhere, and what arrays do to them: ``python -m tests.trained``, docs/trained-elsewhere.md."""
