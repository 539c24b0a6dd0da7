"""Pretrained weights that a checkout's networks ask for while they are built."""
