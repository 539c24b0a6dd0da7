"""ToMP: settings of a PyTracking checkout, with the Smooth-IoU loss."""
