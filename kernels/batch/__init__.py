"""Mini-batches: what is kept of samples, and how pulses follow from it."""
