"""What the commands do: the rooms put together, for a stack beside its manifest."""
