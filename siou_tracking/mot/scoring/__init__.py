"""HOTA, MOTA, IDF1, and packing for the server: start reading in score.py."""
