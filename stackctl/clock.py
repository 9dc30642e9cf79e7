"""Times as people read them."""

from __future__ import annotations

from datetime import datetime


def clock(unix_time: float) -> str:
    """A time of this place, to the second."""
    return datetime.fromtimestamp(unix_time).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
