"""Runtimes: one Protocol, the plan that is the same for all, and a package for each runtime."""
