"""Right expressions over a contract, by construction, and ways to break one in a known way.

Each expression is built from parts of which the kind, the unit and the labels are known, so that it means something.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.unit.promql.shop import METRICS, SCRAPE

WINDOWS = ("1m", "5m", "1h")
COUNTERS = [name for name, (kind, _, _) in METRICS.items() if kind == "counter"]
GAUGES = [name for name, (kind, _, _) in METRICS.items() if kind == "gauge" and "timestamp" not in name]
HISTOGRAMS = [name for name, (kind, _, _) in METRICS.items() if kind == "histogram"]
# So much of each unit is a sensible threshold.
THRESHOLDS = {"ratio": ("0.1", "0.9"), "percent": ("5", "90")}


@dataclass(frozen=True)
class Right:
    """An expression, the labels of its series, and the metric and the unit of its values."""

    text: str
    labels: frozenset[str]
    metric: str
    unit: str


def _labels(metric: str) -> frozenset[str]:
    return frozenset({*METRICS[metric][1], *SCRAPE})


def _unit(metric: str) -> str:
    return metric.removesuffix("_total").rpartition("_")[2]


@st.composite
def selectors(draw: st.DrawFn, names: list[str], suffix: str = "") -> Right:
    """A selector with matchers that some series fulfil."""
    name = draw(st.sampled_from(names))
    labels = METRICS[name][1]
    matchers = []
    for label, values in labels.items():
        form = draw(st.sampled_from(["", "", "=", "!=", "=~", "!~"]))
        if not form:
            continue
        value = draw(st.sampled_from(values or ("a", "b")))
        others = [each for each in values if each != value]
        if form in ("=~", "!~"):
            value = f"{value}|{draw(st.sampled_from(['x', *others[:-1]]))}" if form == "!~" else f"{value}|.+x"
        matchers.append(f'{label}{form}"{value}"')
    text = f"{name}{suffix}{{{', '.join(matchers)}}}" if matchers else f"{name}{suffix}"
    return Right(text, _labels(name), name, _unit(name))


@st.composite
def rates(draw: st.DrawFn) -> Right:
    inside = draw(selectors(COUNTERS))
    function, window = draw(st.sampled_from(["rate", "increase"])), draw(st.sampled_from(WINDOWS))
    return replace(inside, text=f"{function}({inside.text}[{window}])", unit=f"{inside.unit} by {function}")


@st.composite
def over_time(draw: st.DrawFn) -> Right:
    inside = draw(selectors(GAUGES))
    function = draw(st.sampled_from(["avg_over_time", "max_over_time", "min_over_time", "delta", "last_over_time"]))
    return replace(inside, text=f"{function}({inside.text}[{draw(st.sampled_from(WINDOWS))}])")


def values() -> st.SearchStrategy[Right]:
    """Series of values that may be compared and added up."""
    return st.one_of(rates(), over_time(), selectors(GAUGES))


@st.composite
def sums(draw: st.DrawFn, inside: Right | None = None) -> Right:
    """An aggregation of values by labels that they have."""
    inside = inside or draw(values())
    function = draw(st.sampled_from(["sum", "avg", "max", "min"]))
    kept = draw(st.sets(st.sampled_from(sorted(inside.labels)), max_size=3))
    if draw(st.booleans()):
        return replace(
            inside, text=f"{function} by ({', '.join(sorted(kept))}) ({inside.text})", labels=frozenset(kept)
        )
    left = inside.labels - kept
    return replace(inside, text=f"{function} without ({', '.join(sorted(kept))}) ({inside.text})", labels=left)


@st.composite
def quantiles(draw: st.DrawFn) -> Right:
    name = draw(st.sampled_from(HISTOGRAMS))
    window = draw(st.sampled_from(WINDOWS))
    labels = sorted(_labels(name))
    kept = draw(st.sets(st.sampled_from(labels), max_size=2))
    buckets = f"sum by (le{''.join(f', {each}' for each in sorted(kept))}) (rate({name}_bucket[{window}]))"
    share = draw(st.sampled_from(["0.5", "0.9", "0.99"]))
    return Right(f"histogram_quantile({share}, {buckets})", frozenset(kept), name, _unit(name))


@st.composite
def shares(draw: st.DrawFn) -> Right:
    """A part of the series of a counter, divided by all of them."""
    name = draw(st.sampled_from([each for each in COUNTERS if any(METRICS[each][1].values())]))
    label = draw(st.sampled_from([each for each, known in METRICS[name][1].items() if known]))
    value = METRICS[name][1][label][0]
    kept = sorted(draw(st.sets(st.sampled_from(sorted(_labels(name) - {label})), max_size=2)))
    by, window = f" by ({', '.join(kept)}) " if kept else "", draw(st.sampled_from(WINDOWS))
    part, whole = (f"sum{by}(rate({name}{each}[{window}]))" for each in (f'{{{label}="{value}"}}', ""))
    return Right(f"{part} / {whole}", frozenset(kept), name, "ratio")


@st.composite
def joined(draw: st.DrawFn) -> Right:
    """Values with the labels of an info metric."""
    inside = draw(values())
    text = f"{inside.text} * on (job, instance) group_left (version) build_info"
    return replace(inside, text=text, labels=inside.labels | {"version"})


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """The condition of an alert."""
    inside = draw(st.one_of(values(), sums(), quantiles(), shares()))
    number = draw(st.sampled_from(THRESHOLDS.get(inside.unit, ("0.5", "2", "1"))))
    if inside.unit == "ratio" or "quantile" in inside.text:
        return f"{inside.text} > {number}"
    return draw(
        st.sampled_from(
            [
                f"{inside.text} > {number}",
                f"{inside.text} > {number} and {inside.text} > 0",
                f"{inside.text} > bool {number}",
                f"({inside.text} > {number}) or absent({inside.metric}_count)"
                if inside.metric in HISTOGRAMS
                else f"({inside.text} > {number}) or absent({inside.metric})",
                f"abs({inside.text}) >= {number}",
            ]
        )
    )


def expressions() -> st.SearchStrategy[str]:
    """Any right expression."""
    parts = st.one_of(values(), sums(), quantiles(), shares(), joined(), values().flatmap(sums))
    return st.one_of(parts.map(lambda part: part.text), conditions())
