"""How something that a checkout lacks is supplied: found missing, made in memory, undone at the end of the session."""
