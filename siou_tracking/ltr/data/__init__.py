"""Sampling, cropping, augmentation and batching of annotated frames."""
