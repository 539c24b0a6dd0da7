"""A tracker run over a benchmark: start reading in run.py."""
