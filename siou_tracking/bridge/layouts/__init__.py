"""What differs between the checkouts of the family, one file for each layout behind one interface."""
