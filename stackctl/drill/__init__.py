"""The fire drill: a synthetic alert travels the real way, from a rule of Prometheus to where the routes send it."""

from __future__ import annotations

from stackctl.drill.alerts import LABEL, Drilled, choose
from stackctl.drill.course import ID, Delivery, finding, watch
from stackctl.drill.detour import integrations, led_aside, put_out, set_off, undrillable, ways
from stackctl.drill.sink import Place, Sink

__all__ = [
    "ID",
    "LABEL",
    "Delivery",
    "Drilled",
    "Place",
    "Sink",
    "choose",
    "finding",
    "integrations",
    "led_aside",
    "put_out",
    "set_off",
    "undrillable",
    "watch",
    "ways",
]
