"""Panels of Grafana's classic JSON, read tolerantly: whatever a file holds, reading it never fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_NONE: Mapping[str, Any] = {}
# Type and uid of the stack's own datasource.
_PROMETHEUS = "prometheus"


@dataclass(frozen=True)
class PanelJson:
    """A panel. `json` is all of it."""

    json: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.json.get("type") or "")

    @property
    def title(self) -> str:
        return str(self.json.get("title") or "")

    @property
    def options(self) -> Mapping[str, Any]:
        return mapping(self.json.get("options"))

    @property
    def defaults(self) -> Mapping[str, Any]:
        return mapping(mapping(self.json.get("fieldConfig")).get("defaults"))

    @property
    def overrides(self) -> list[Mapping[str, Any]]:
        return mappings(mapping(self.json.get("fieldConfig")).get("overrides"))

    @property
    def custom(self) -> Mapping[str, Any]:
        return mapping(self.defaults.get("custom"))

    @property
    def unit(self) -> str:
        return str(self.defaults.get("unit") or "")

    @property
    def color_mode(self) -> str:
        return str(mapping(self.defaults.get("color")).get("mode") or "")

    @property
    def targets(self) -> list[Mapping[str, Any]]:
        """The queries to the stack's Prometheus that are not hidden."""
        found = mappings(self.json.get("targets"))
        own = self.json.get("datasource")
        return [
            target
            for target in found
            if isinstance(target.get("expr"), str)
            and not target.get("hide")
            and not _is_other(target.get("datasource") or own)
        ]

    @property
    def steps(self) -> list[tuple[float, str]]:
        """The thresholds above the first colour."""
        steps = mappings(mapping(self.defaults.get("thresholds")).get("steps"))
        return [(float(step["value"]), str(step.get("color") or "")) for step in steps if _is_number(step.get("value"))]

    @property
    def stacked(self) -> bool:
        return mapping(self.custom.get("stacking")).get("mode") in ("normal", "percent")

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Its place on the grid: x, y, width, height."""
        place = mapping(self.json.get("gridPos"))
        x, y, w, h = (_whole(place.get(key), usual) for key, usual in (("x", 0), ("y", 0), ("w", 12), ("h", 8)))
        return min(x, 23), y, max(1, min(w, 24 - min(x, 23))), max(1, h)


def _is_other(datasource: Any) -> bool:
    """Return whether a `datasource` of a rendered dashboard is known not to be the stack's Prometheus."""
    named = mapping(datasource)
    uid = str(named.get("uid") or "")
    if named.get("type") not in (None, "", _PROMETHEUS):
        return not uid.startswith("--")
    return bool(uid) and not uid.startswith(("$", "--", "[[")) and uid != _PROMETHEUS


def panels(dashboard: Mapping[str, Any]) -> Iterator[PanelJson]:
    """Every panel, those in rows after their row."""
    for panel in mappings(dashboard.get("panels")):
        yield PanelJson(panel)
        yield from panels(panel)
    for row in mappings(dashboard.get("rows")):
        yield from panels(row)


def variables(dashboard: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The variables of a dashboard."""
    return mappings(mapping(dashboard.get("templating")).get("list"))


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else _NONE


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The mappings in `value`, where it is a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def number(value: Any) -> float | None:
    """`value` where it is a number."""
    return float(value) if _is_number(value) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _whole(value: Any, usual: int) -> int:
    return max(0, min(int(value), 100_000)) if _is_number(value) else usual
