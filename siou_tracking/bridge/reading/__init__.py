"""What the files of a checkout, or of what is none, say by themselves: read, never imported, and quick to ask."""
