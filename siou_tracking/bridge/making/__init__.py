"""A tracker made from a checkout by what its code shows: what its functions ask for, which file its network is in."""
