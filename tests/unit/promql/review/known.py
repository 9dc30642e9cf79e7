"""A small stack whose metrics are known, and what a review says of an expression on it."""

from __future__ import annotations

import promql_parser

from stackctl.promql.catalogue import Catalogue, Record, promised
from stackctl.promql.remark import Remark
from stackctl.promql.review import review

SCRAPE = {"job": (), "instance": ()}
METRICS = {
    "requests_total": ("counter", {"method": (), "status": ("200", "404", "500")}),
    "errors_total": ("counter", {"error_type": ()}),
    "latency_seconds": ("histogram", {"method": ()}),
    "size_bytes": ("summary", {}),
    "depth": ("gauge", {}),
    "limit": ("gauge", {}),
}
SERIES = dict(each for name, (kind, labels) in METRICS.items() for each in promised(name, kind, {**labels, **SCRAPE}))
RECORDS = {"job:requests:rate5m": (Record("sum by (job) (rate(requests_total[5m]))"),)}
WHOLE = Catalogue(SERIES, RECORDS, frozenset({"up"}), ("prometheus_",), complete=True)


def only(expr: str, catalogue: Catalogue = WHOLE) -> Remark:
    """The one remark about an expression."""
    (remark,) = review(expr, catalogue)
    return remark


def assert_meant(expr: str, meant: str) -> None:
    """The one remark is certain, and suggests an expression about which nothing is said."""
    remark = only(expr)
    assert remark.remedy == f"Write `{meant}`."
    assert remark.certain
    promql_parser.parse(meant)
    assert review(meant, WHOLE) == []
