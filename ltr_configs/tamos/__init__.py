"""TaMOs: settings of a PyTracking checkout, with the Smooth-IoU loss."""
