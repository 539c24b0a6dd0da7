"""Pictures and videos: read, drawn on, written."""
