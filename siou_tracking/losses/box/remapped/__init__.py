"""Losses that put another number in the place of the IoU, in any of the overlap losses: start reading in hosts.py."""
