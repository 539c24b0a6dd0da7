"""Box-regression networks: ATOM."""
