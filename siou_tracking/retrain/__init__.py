"""What --box-loss does to a training: the choice, the kinds of heads, and what each learns instead."""
