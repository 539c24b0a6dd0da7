"""How a run goes on: from which checkpoint, whether it fits, what is taken over, and from where in an epoch."""
