"""The embedded training engine: upstream LTR's names, arguments and checkpoint layout, in code of our own."""
