"""The native runtime: the units are processes of this machine."""
