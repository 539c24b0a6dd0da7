"""What goes wrong inside a checkout, told in one line."""
