"""The facts of a runtime: what rendering, checks and messages have to know of it. Pure, and cheap to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Facts that hold for every stack in a runtime.

    name             its name: in a tree, in the state and after `--runtime`
    runs_images      whether units run from their images, with the versions, start scripts and paths of these; if not,
                     from programs of this machine, which may be older than the images
    has_names        whether units reach each other by name, at the ports inside; if not, where they listen
    this_machine     the host by which units reach this machine, "" where it has no name but its own
    shares_network   whether units are in the network of this machine, and so reach what it reaches
    has_users        whether units run as users of their own, and read their secret files by groups
    has_env_files    whether secret variables of a unit are in a file of its own; if not, in the definition of all units
    data_in_state    whether the data is in the state's folder, and moved and copied with it; if not, it is found by the
                     name of the stack, which a copy has too
    unit             the word for what a unit is
    prometheus       the words for where Prometheus connects from
    unresolved       what to do about a target, `{}`, whose name does not resolve
    """

    name: str
    runs_images: bool
    has_names: bool
    this_machine: str
    shares_network: bool
    has_users: bool
    has_env_files: bool
    data_in_state: bool
    unit: str
    prometheus: str
    unresolved: str
