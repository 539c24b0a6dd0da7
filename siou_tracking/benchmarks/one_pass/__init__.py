"""Benchmarks with one pass over each sequence: start reading in ope.py."""
