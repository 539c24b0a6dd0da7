"""Training of a one-stage tracker: start reading in train.py."""
