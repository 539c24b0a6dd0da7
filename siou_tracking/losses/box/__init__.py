"""Losses of boxes: start reading in smooth_iou.py; names become losses in registry.py.

The others lie in families: overlap (1 - IoU and penalties), remapped (another number in the place of the IoU), gaussian
and edges; combination.py adds them up, own_loss.py finds those of other packages.
"""
