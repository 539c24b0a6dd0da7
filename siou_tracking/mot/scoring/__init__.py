"""HOTA, MOTA, IDF1, and packing for the server: start reading in score.py."""

MOT_BENCHMARKS = ("mot15", "mot16", "mot17", "mot20")
"""Whose rules: MOT15 has no classes; MOT20 also forgives boxes on vehicles. The command line lists them, so nothing
heavy is imported here."""
