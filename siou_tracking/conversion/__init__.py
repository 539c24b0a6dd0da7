"""Users' own data, in the forms that annotation tools write, as a data set in GOT-10k's layout."""
