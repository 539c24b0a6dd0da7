"""Single-object trackers: online ATOM, baselines, and the adapters around them."""
