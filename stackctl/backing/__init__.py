"""The backing of an expression: whether the series that it selects exist, or may still come."""
