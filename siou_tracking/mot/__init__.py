"""One-stage multi-object tracking: detection and identification from one network in one pass over the image.

The assembly is FairMOT's (Zhang et al., IJCV 2021). Start reading
training in training/train.py, the network in models/net.py, tracking in tracking/run.py, scores in scoring/score.py.
"""
