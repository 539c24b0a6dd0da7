"""Trackers of others behind our interface, and ours behind theirs."""
