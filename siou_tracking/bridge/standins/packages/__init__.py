"""Python packages that a checkout imports: what is used of them, in our own form; the rest refuses to be used."""
