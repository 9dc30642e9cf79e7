"""The proof: one file per family of checks, put together in `ledger`."""
