"""Optimizers that are layers of a network."""
