"""DiMP, PrDiMP and SuperDiMP: settings of a PyTracking checkout, with the Smooth-IoU loss."""
