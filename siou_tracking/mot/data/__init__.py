"""MOTChallenge sequences, tracks and training samples."""
