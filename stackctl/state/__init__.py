"""The `.stackctl` folder next to a manifest: what was written, what is live, and what runs."""

from __future__ import annotations

from stackctl.state.generation import Generation
from stackctl.state.journal import Entry
from stackctl.state.running import Running
from stackctl.state.state import State

__all__ = ["Entry", "Generation", "Running", "State"]
