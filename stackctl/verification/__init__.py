"""A verification: the context of the checks, what servers report, and findings."""
