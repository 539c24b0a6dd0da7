"""MOTChallenge sequences, tracks and training samples: start reading in dataset.py; files are in motchallenge.py."""
