"""The checks: one module for each family, put together in `registry`."""
