"""How a batch becomes a step under --amp, --accumulate and --compile: start reading in options.py.

Works from outside, on a trainer's actor, optimizer and loaders: so it holds for the embedded engine's loop, for one of
a user's own, and for that of a checkout.
"""
