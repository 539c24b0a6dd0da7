"""Networks, under upstream's module names, constructor names and state_dict keys."""
