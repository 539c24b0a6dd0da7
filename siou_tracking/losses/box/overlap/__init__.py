"""1 - IoU and what is added to it or multiplied with it: start reading in pair.py."""
