"""The docker runtime: the units are containers of one Compose project."""
