"""Values as text, in the units of panels: as Grafana writes them, with three digits that matter. Counts of things."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timezone

# The scales of a unit: (factor, suffix) in ascending order.
Scale = Sequence[tuple[float, str]]


def _powers(base: float, suffixes: str, tail: str) -> Scale:
    return [(base**n, f"{'' if prefix == '_' else prefix}{tail}") for n, prefix in enumerate(suffixes.split())]


_SHORT: Scale = [(1, ""), (1e3, " K"), (1e6, " Mil"), (1e9, " Bil"), (1e12, " Tri")]
_TIME: Scale = [
    (1e-9, " ns"), (1e-6, " µs"), (1e-3, " ms"), (1, " s"), (60, " min"), (3600, " hour"), (86400, " day"),
    (604800, " week"), (31536000, " year"),
]  # fmt: skip
_SI, _IEC = "_ k M G T P", "_ Ki Mi Gi Ti Pi"
_TIME_FACTORS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_TIME_FACTORS |= {"dtdurations": 1.0, "dtdurationms": 1e-3, "clocks": 1.0, "clockms": 1e-3, "dthms": 1.0}
# Unit -> what one of it is in the first unit of its scales, and the scales.
_SCALED: dict[str, tuple[float, Scale]] = {
    "": (1, _SHORT),
    "short": (1, _SHORT),
    "none": (1, [(1, "")]),
    "percent": (1, [(1, "%")]),
    "percentunit": (100, [(1, "%")]),
    "celsius": (1, [(1, " °C")]),
    "fahrenheit": (1, [(1, " °F")]),
    "hertz": (1, _powers(1000, _SI, "Hz")),
    "bytes": (1, _powers(1024, _IEC, "B")),
    "bits": (1, _powers(1024, _IEC, "b")),
    "decbytes": (1, _powers(1000, _SI, "B")),
    "decbits": (1, _powers(1000, _SI, "b")),
    "Bps": (1, _powers(1000, _SI, "B/s")),
    "bps": (1, _powers(1000, _SI, "b/s")),
    "binBps": (1, _powers(1024, _IEC, "B/s")),
    "binbps": (1, _powers(1024, _IEC, "b/s")),
    "pps": (1, _powers(1000, _SI, "p/s")),
    "currencyUSD": (1, _SHORT),
    "currencyEUR": (1, _SHORT),
    "currencyGBP": (1, _SHORT),
    **{unit: (factor, _TIME) for unit, factor in _TIME_FACTORS.items()},
    **{f"{prefix}bytes": (1024.0**n, _powers(1024, _IEC, "B")) for n, prefix in enumerate("kmgtp", 1)},
    **{f"dec{prefix}bytes": (1000.0**n, _powers(1000, _SI, "B")) for n, prefix in enumerate("kmgtp", 1)},
    **{f"{prefix}Bs": (1000.0**n, _powers(1000, _SI, "B/s")) for n, prefix in enumerate("KMGTP", 1)},
    **{f"{prefix}iBs": (1024.0**n, _powers(1024, _IEC, "B/s")) for n, prefix in enumerate("KMGTP", 1)},
}
_RATES = {"req": "req", "ops": "ops", "io": "io", "rows": "rows", "rec": "rec"}
_RATES |= {"c": "c", "r": "rd", "w": "wr", "e": "evt", "m": "msg"}
_RATE_NAMES = {"ops": "ops/s", "iops": "io/s", "cpm": "c/min", "opm": "ops/min", "reqpm": "req/min"}
_RATE_NAMES |= {f"{short}ps": f"{name}/s" for short, name in _RATES.items() if f"{short}ps" not in _RATE_NAMES}
_RATE_NAMES |= {f"{short}pm": f"{name}/min" for short, name in _RATES.items() if f"{short}pm" not in _RATE_NAMES}
_PREFIXES = {"currencyUSD": "$", "currencyEUR": "€", "currencyGBP": "£"}
_WORDS = {"bool": ("false", "true"), "bool_yes_no": ("no", "yes"), "bool_on_off": ("off", "on")}


def shown(value: float, unit: str = "", decimals: int | None = None) -> str:
    """`value` as a panel with this unit writes it, with so many `decimals`. An unknown unit is written after it."""
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "-∞"}.get(value, "no value")
    if unit in _WORDS:
        return _WORDS[unit][value != 0]
    if unit.startswith("dateTime"):
        return _moment(value)
    factor, scale, tail = _scale(unit)
    size, suffix = next((step for step in reversed(scale) if abs(value * factor) >= step[0] * 0.9995), scale[0])
    if value == 0:
        size, suffix = next((step for step in scale if step[0] == 1), scale[0])
    scaled = value * factor / size
    text = number(scaled) if decimals is None else f"{scaled:.{decimals}f}"
    return f"{_PREFIXES.get(unit, '')}{text}{suffix}{tail}"


def counted(count: int, word: str) -> str:
    """Return a number of things: `1 alert`, `2 alerts`."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def base(unit: str) -> float:
    """Return the base of a unit's round numbers: 1024 for binary sizes, 60 for times, else 10."""
    if unit in ("bytes", "bits", "binBps", "binbps") or unit in ("kbytes", "mbytes", "gbytes"):
        return 1024.0
    return 60.0 if unit == "s" else 10.0


def number(value: float) -> str:
    """Three digits that matter, and never fewer than stand before the point."""
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value)) + 1e-9)
    digits = max(0, 2 - power)
    if not -8 < power < 9:
        return f"{value:.2e}"
    text = f"{value:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _scale(unit: str) -> tuple[float, Scale, str]:
    """The factor and scales of a unit, and what follows them."""
    if unit in _SCALED:
        factor, scale = _SCALED[unit]
        return factor, [(size, suffix if suffix[:1] in (" ", "%", "") else f" {suffix}") for size, suffix in scale], ""
    kind, colon, text = unit.partition(":")
    if colon and kind == "suffix":
        return 1, [(1, "")], f" {text.strip()}"
    return 1, _SHORT, f" {_RATE_NAMES.get(unit, text or unit)}"


def _moment(milliseconds: float) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return number(milliseconds)
