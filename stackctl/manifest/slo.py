"""Service level objectives: each is the pack `slo` for one objective of a service, so it is rules and a dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.dashboards import read_board
from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.packs.expand import rule_group
from stackctl.manifest.packs.library import shipped
from stackctl.manifest.packs.schema import DASHBOARD, RULES
from stackctl.manifest.packs.uses import Use
from stackctl.manifest.packs.values import quoted
from stackctl.manifest.problems import Problems
from stackctl.manifest.rules import rule_file
from stackctl.manifest.schema import Manifest
from stackctl.manifest.service_schema import LatencyModel, ServiceModel, SloModel
from stackctl.manifest.validate import show_path, unknown_name
from stackctl.model import Contract, Dashboard, RuleFile
from stackctl.promql import duration

SLO = "slo"


@dataclass(frozen=True)
class Burn:
    """Burn rate that is too high: `share` of the budget within the `long` window, and still so in the `short` one."""

    short: str
    long: str
    share: float

    def factor(self, window: str) -> float | None:
        """The burn rate that does so when the budget is for `window`; None when that is shorter than the long one.

        A rate below 1 leaves a budget unspent, so none is bad.
        """
        ratio = duration.seconds(window) / duration.seconds(self.long)
        return max(round(self.share * ratio, 6), 1.0) if ratio >= 1 else None


# Table 5-8 of Google's SRE workbook, "Alerting on SLOs".
BURNS = {
    "page_fast": Burn("5m", "1h", 0.02),
    "page_slow": Burn("30m", "6h", 0.05),
    "ticket_fast": Burn("2h", "1d", 0.10),
    "ticket_slow": Burn("6h", "3d", 0.10),
}


@dataclass(frozen=True)
class Slos:
    """Rules and dashboards of the objectives of one service."""

    rules: RuleFile
    dashboards: tuple[Dashboard, ...]


def read_slos(
    document: Document,
    manifest: Manifest,
    contracts: Mapping[str, Contract | None],
    taken: Sequence[str],
    problems: Problems,
) -> list[Slos]:
    """Return the rules and dashboards of each service with objectives.

    `contracts` are those of the services; `taken` are the names of the other rule files. Dashboards are
    made where Grafana runs. What is wrong with objectives is added to `problems`.
    """
    names = list(taken)
    boards = manifest.grafana is not None
    found: list[Slos] = []
    for service, model in manifest.services.items():
        contract = contracts.get(service)
        read = _read(document, service, model, contract, names, problems, boards=boards) if model.slo else None
        if read:
            found.append(read)
            names.append(read.rules.path)
    return found


def _read(
    document: Document,
    service: str,
    model: ServiceModel,
    contract: Contract | None,
    taken: list[str],
    problems: Problems,
    *,
    boards: bool,
) -> Slos | None:
    place: Place = ("services", service, SLO)
    job = (model.push.job if model.push else None) or service
    found = Problems()
    groups, dashboards = [], []
    for name, slo in model.slo.items():
        here = (*place, name)
        if slo.latency:
            found.extend(_latency(document, (*here, "latency"), slo.latency, contract))
        context = _context(service, name, job, slo)
        group = rule_group(Use(shipped(RULES, SLO), f"{service}/{name}", context), found)
        board = read_board(Use(shipped(DASHBOARD, SLO), f"{service}/{name}", context), document.position(here), found)
        if group and board:
            groups.append((here, group))
            dashboards.append(board)
    if problems.extend(found):
        return None
    file = rule_file(document, groups, f"slo-{service}", taken, document.position(place, key=True))
    return Slos(file, tuple(dashboards) if boards else ())


def _context(service: str, name: str, job: str, slo: SloModel) -> dict[str, str]:
    """The parameters of the pack."""
    good, total = _by_latency(job, slo.latency) if slo.latency else (slo.good or "", slo.total or "")
    factors = {key: burn.factor(slo.window) for key, burn in BURNS.items()}
    return {
        "service": service,
        "slo": name,
        "good": good,
        "total": total,
        "objective": _number(slo.objective / 100),
        "budget": _number(1 - slo.objective / 100),
        "window": slo.window,
        "runbooks": "",
        **{key: "" if factor is None else _number(factor) for key, factor in factors.items()},
    }


def _number(value: float) -> str:
    """As people write it: 100 % less 99.9 % is 0.001, whatever binary fractions make of it."""
    return f"{value:.10f}".rstrip("0").rstrip(".")


def _by_latency(job: str, latency: LatencyModel) -> tuple[str, str]:
    bound = f"{latency.under:.12g}"
    # Prometheus 3 writes the bound of a whole number as 1.0; before, it was whatever the service wrote.
    matcher = f"le=~{quoted(f'{bound}([.]0)?')}" if bound.isdigit() else f"le={quoted(bound)}"
    own = f"job={quoted(job)}"
    return (
        f"rate({latency.histogram}_bucket{{{own}, {matcher}}}[$window])",
        f"rate({latency.histogram}_count{{{own}}}[$window])",
    )


def _latency(
    document: Document, place: Place, latency: LatencyModel, contract: Contract | None
) -> Iterator[Diagnostic]:
    """Yield what contradicts the contract."""
    if contract is None:
        return
    metric = next((each for each in contract.metrics if each.name == latency.histogram), None)
    if metric is None or metric.kind != "histogram":
        histograms = [each.name for each in contract.metrics if each.kind == "histogram"]
        summary = (
            f"the contract has no `{latency.histogram}`"
            if metric is None
            else f"`{latency.histogram}` is a {metric.kind}, not a histogram"
        )
        yield _problem(
            document, (*place, "histogram"), summary, unknown_name(latency.histogram, histograms, "Histograms")
        )
    elif metric.native and not metric.buckets:
        summary = f"`{latency.histogram}` is a native histogram, without buckets"
        remedy = "Count with `good` and `total`: `histogram_fraction()` gives the share below a bound."
        yield _problem(document, (*place, "histogram"), summary, remedy)
    elif metric.buckets and latency.under not in metric.buckets:
        nearest = min(metric.buckets, key=lambda bound: abs(bound - latency.under))
        bounds = ", ".join(f"{bound:g}" for bound in metric.buckets)
        summary = f"`{latency.histogram}` has no bucket of {latency.under:g}"
        yield _problem(document, (*place, "under"), summary, f"Did you mean `{nearest:g}`? Its buckets are {bounds}.")


def _problem(document: Document, place: Place, summary: str, remedy: str) -> Diagnostic:
    return Diagnostic("slo.content", f"{show_path(place)}: {summary}", document.position(place), remedy=remedy)
