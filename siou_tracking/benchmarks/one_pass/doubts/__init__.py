"""By what one-pass results and annotations may not be what they are taken for: start reading in first_row.py."""
