"""The data sets that are scored in one pass: each file is one layout, with its source.

One more is its class here, its rows in `protocol.py`, its line in `registry.py`, its list in `names/` and its test.
"""
