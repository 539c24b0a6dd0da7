"""One-stage multi-object tracking: detection and identification from one network in one pass over the image.

The assembly is FairMOT's (Zhang et al., IJCV 2021). Training reads from `training.py`, tracking from `run.py`.
"""
