"""Lineage: what each part of a stack is computed from, and where it leads, from the manifest alone."""
