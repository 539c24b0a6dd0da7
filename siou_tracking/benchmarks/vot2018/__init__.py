"""VOT's reset-based experiment, of 2018 and of other years: start reading in benchmark.py."""
