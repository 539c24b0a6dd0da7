"""The target classifier: a filter that is learned from the first frame by an unrolled optimizer."""
