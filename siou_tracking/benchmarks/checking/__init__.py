"""Looking through a folder of data before anything is run or scored on it: start reading in check.py."""
