"""The commands. Each file is one command, and only here the rooms are put together."""
