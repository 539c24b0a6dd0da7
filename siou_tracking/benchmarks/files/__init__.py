"""Annotations and results as files: read fast, written whole."""
