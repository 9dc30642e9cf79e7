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
    is_local         whether it is always there, and all of it is this machine's and the state's own: processes that
                     are found by their marks, and data that is moved and copied with the state's folder. If not, it
                     has to answer, and data is found by the name of the stack, which a copy has too
    is_automatic     whether it is used without being named
    answers          the words for that it answers
    unit, units      the words for what a unit is, and for several
    network          the words for where units connect from, as this machine sees them
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
    is_local: bool
    is_automatic: bool
    answers: str
    unit: str
    units: str
    network: str
    prometheus: str
    unresolved: str
