"""The verbs for files of weights: one file a verb, and what they tell of a file."""
