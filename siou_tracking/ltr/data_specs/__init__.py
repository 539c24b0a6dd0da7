"""Facts about the data sets that their official splits need."""
