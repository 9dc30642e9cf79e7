"""The fire drill: a synthetic alert travels the real way, from a rule of Prometheus to where the routes send it."""

from __future__ import annotations

from stackctl.drill.alerts import Drilled, choose
from stackctl.drill.rerouting import remove_drill_rules, reroute_to_sink, set_off, undrillable, ways
from stackctl.drill.sink import Arrivals, Place, Sink
from stackctl.drill.tracking import EVERY, ID, Delivery, finding, watch

__all__ = [
    "EVERY",
    "ID",
    "Arrivals",
    "Delivery",
    "Drilled",
    "Place",
    "Sink",
    "choose",
    "finding",
    "remove_drill_rules",
    "reroute_to_sink",
    "set_off",
    "undrillable",
    "watch",
    "ways",
]
