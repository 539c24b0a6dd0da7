"""Further data sets that are scored in one pass: each file is one layout, with its source."""
