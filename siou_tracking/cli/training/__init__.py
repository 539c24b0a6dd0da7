"""Verbs about what a training left behind."""
