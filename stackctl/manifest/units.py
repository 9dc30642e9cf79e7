"""The units that Grafana knows, as far as monitoring uses them, and the words people try for them."""

from __future__ import annotations

_GROUPS = {
    "plain": "none string short percent percentunit sci locale hex hex0x bool bool_yes_no bool_on_off dB",
    "time": "ns µs ms s m h d dtdurationms dtdurations dthms dtdhms clockms clocks timeticks hertz",
    "moments": "dateTimeAsIso dateTimeAsIsoNoDateIfToday dateTimeAsUS dateTimeAsUSNoDateIfToday dateTimeAsLocal "
    "dateTimeAsSystem dateTimeFromNow",
    "amounts of data": "bits bytes kbytes mbytes gbytes tbytes pbytes "
    "decbits decbytes deckbytes decmbytes decgbytes dectbytes decpbytes",
    "rates of data": "pps bps Bps binbps binBps KiBs Kibits KBs Kbits MiBs Mibits MBs Mbits GiBs Gibits GBs Gbits "
    "TiBs Tibits TBs Tbits PiBs Pibits PBs Pbits",
    "throughput": "cps ops reqps rps wps iops eps mps recps rowsps cpm opm reqpm rpm wpm epm mpm recpm rowspm",
    "money": "currencyUSD currencyEUR currencyGBP currencyJPY currencyCHF currencyINR currencyBTC",
    "environment": "celsius fahrenheit kelvin humidity pressurembar pressurehpa degree ppm lux",
    "energy": "watt kwatt megwatt mwatt watth kwatth joule amp mamp volt mvolt ohm",
    "mass, length, speed": "massmg massg masskg masst lengthmm lengthm lengthkm velocityms velocitykmh rotrpm rothz",
    "computing": "flops mflops gflops tflops Hs KHs MHs GHs",
}
UNITS = frozenset(unit for units in _GROUPS.values() for unit in units.split())

# Units that spell themselves out, like `suffix:jobs` or `currency:CHF`.
OPEN = ("suffix:", "prefix:", "time:", "si:", "count:", "currency:", "bool:")

_MEANT = {
    "%": "percent",
    "ratio": "percentunit",
    "fraction": "percentunit",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "duration": "s",
    "millis": "ms",
    "msec": "ms",
    "milliseconds": "ms",
    "us": "µs",
    "μs": "µs",
    "microseconds": "µs",
    "nanoseconds": "ns",
    "minutes": "m",
    "hours": "h",
    "days": "d",
    "byte": "bytes",
    "b": "bytes",
    "kb": "kbytes",
    "mb": "mbytes",
    "gb": "gbytes",
    "kib": "kbytes",
    "mib": "mbytes",
    "gib": "gbytes",
    "b/s": "Bps",
    "bytes/s": "Bps",
    "bytes/sec": "Bps",
    "byteps": "Bps",
    "req/s": "reqps",
    "requests/s": "reqps",
    "requests/sec": "reqps",
    "qps": "reqps",
    "ops/s": "ops",
    "opsps": "ops",
    "msg/s": "mps",
    "messages/s": "mps",
    "events/s": "eps",
    "rows/s": "rowsps",
    "number": "short",
    "count": "short",
    "integer": "none",
    "usd": "currencyUSD",
    "$": "currencyUSD",
    "eur": "currencyEUR",
    "€": "currencyEUR",
    "c": "celsius",
    "°c": "celsius",
    "boolean": "bool",
    "timestamp": "dateTimeAsIso",
}
_IN_ANY_CASE = {unit.lower(): unit for unit in UNITS}


def known(unit: str) -> bool:
    """Return whether Grafana shows values in `unit`."""
    return unit in UNITS or any(unit.startswith(form) and unit != form for form in OPEN)


def meant(word: str) -> str:
    """The unit that `word` probably stands for, or ""."""
    from difflib import get_close_matches

    lower = word.lower()
    certain = _MEANT.get(lower) or _IN_ANY_CASE.get(lower)
    close = get_close_matches(lower, _IN_ANY_CASE, n=1, cutoff=0.75)
    return certain or (_IN_ANY_CASE[close[0]] if close else "")
