"""Serving metrics contracts before there is an application: believable series, the same for the same seed.

`scenario`, `flow`, `habits` and `series` are pure: time and a seed in, samples out. `service` and `server` put them
behind addresses.
"""
