"""A checkout that is written for a GPU, on a machine without one."""
