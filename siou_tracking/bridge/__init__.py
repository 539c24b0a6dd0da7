"""Working with a user's own PyTracking checkout, unmodified: finding it, making it run here, training and tracking."""
