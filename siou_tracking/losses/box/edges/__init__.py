"""Distances of the four edges, the only losses here that compare lengths of the boxes' own unit with nothing."""
