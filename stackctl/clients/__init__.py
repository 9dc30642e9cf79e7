"""Typed HTTP clients of the servers that a stack runs: what they answer, as data."""
