"""A cluster that runs the stack: how it is reached, what is to change in it, and what its pods still wait for."""
