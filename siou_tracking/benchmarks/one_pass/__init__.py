"""Benchmarks with one pass over each sequence: start reading in benchmark.py."""
