"""Distances of the two Gaussians that boxes are read as: start reading in base.py."""
