"""A checkout of PyTracking or its kin, unmodified: finding it, making it run here, training and tracking with it."""
