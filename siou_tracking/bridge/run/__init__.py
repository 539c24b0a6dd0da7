"""What is watched over and moved while a checkout trains."""
