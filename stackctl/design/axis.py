"""The scale of a value axis: what is zero, nearly nothing and a threshold can be told from each other on it."""

from __future__ import annotations

from collections.abc import Sequence

# Of a share, what is the whole.
WHOLE = {"percentunit": 1.0, "percent": 100.0}
# The end of an axis on which nothing but zero is drawn.
_LEAST = {
    "s": 0.001, "ms": 1.0, "µs": 1.0, "ns": 1.0, "bytes": 1024.0, "decbytes": 1000.0, "kbytes": 1.0, "mbytes": 1.0,
    "Bps": 1000.0, "binBps": 1024.0, "bps": 1000.0, "binbps": 1024.0,
}  # fmt: skip
# A threshold is clear of zero, and of the upper end.
_CLEAR = 0.05
_ROOM = 1.25


def soft_max(unit: str, thresholds: Sequence[float]) -> float:
    """The least upper end of an axis: all of a share, or room for the highest threshold, so that it can be seen."""
    top = max((value for value in thresholds if value > 0), default=None)
    whole = WHOLE.get(unit)
    if top is None:
        return whole or _LEAST.get(unit, 1.0)
    room = float(f"{top * _ROOM:.3g}")
    return room if whole is None else min(whole, room)


def lies_on_zero(thresholds: Sequence[float], top: float) -> list[float]:
    """The thresholds that are drawn on the line of zero, or nearly, on an axis that ends at `top`."""
    return [value for value in thresholds if 0 <= value < top * _CLEAR]
