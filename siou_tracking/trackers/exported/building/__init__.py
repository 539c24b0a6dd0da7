"""From a trained network to one ONNX file; start reading in export.py."""
