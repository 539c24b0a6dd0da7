"""Losses of boxes: start reading in smooth_iou.py; names become losses in registry.py."""
