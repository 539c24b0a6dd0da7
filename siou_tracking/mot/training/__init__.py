"""Training of a one-stage tracker: start reading in train.py."""

DIM_MODES = {"off": (0.0, 0.0), "det": (1.0, 0.0), "id": (0.0, 1.0), "both": (1.0, 1.0)}
"""Name of a mode of the DIM loss to the weights of DM and IM. The command line lists them, so nothing heavy is imported
here."""
