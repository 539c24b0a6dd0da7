"""Trackers as one ONNX file each: `building` makes it with torch, the rest runs it without."""
