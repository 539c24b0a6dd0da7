"""Losses of features: start reading in margin.py; names become losses in registry.py."""
