"""VOT2018's reset-based experiment: start reading in benchmark.py."""
