"""Storage: samples that are scraped are kept."""

from __future__ import annotations

from tests.contract.world import World, words


def test_reports_a_prometheus_that_scrapes_and_stores_nothing(well: World) -> None:
    assert well.only("prometheus.storage").status == "pass"
    well.stored = lambda: 7
    finding = well.only("prometheus.storage")
    assert words(finding) == (
        "fail",
        "scraped samples do not reach storage",
        "See `stackctl logs prometheus`: its disk may be full, read-only or broken.",
    )
    assert well.only("target.up", "prometheus").status == "pass"


def test_prometheus_without_targets_is_not_blamed_on_its_disk(well: World) -> None:
    well.stored = lambda: 7
    well.targets.clear()
    finding = well.only("prometheus.storage")
    assert (finding.status, finding.summary.partition(",")[0]) == ("skip", "Prometheus has no target")
