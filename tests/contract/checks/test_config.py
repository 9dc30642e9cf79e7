"""The configuration that Prometheus has loaded, and the files that it is from."""

from __future__ import annotations

from dataclasses import replace

from stackctl.model import Retention
from tests.contract.world import World, stamp, success, words


def test_another_retention_is_reported_with_both(well: World) -> None:
    well.servers["prometheus"].routes["/api/v1/status/runtimeinfo"]["data"]["storageRetention"] = "15d or 1GiB512MiB"
    finding = well.only("prometheus.retention")
    assert words(finding) == (
        "fail",
        "samples are kept for 15d or 1GiB512MiB, not for 15d",
        "Run `stackctl up`: the change needs a restart.",
    )
    server = replace(well.context.stack.prometheus, retention=Retention("360h", "1.5GB"))
    well.change(stack=replace(well.context.stack, prometheus=server))
    assert well.only("prometheus.retention").status == "pass"


def test_an_edit_that_does_not_run_yet_is_reported(well: World) -> None:
    well.change(declared="bbb")
    assert words(well.only("stack.generation")) == (
        "fail",
        "generation aaa is running, but the manifest now renders to bbb",
        "Run `stackctl reload`, or `stackctl up` if more than rules and targets changed.",
    )


def test_a_failed_reload_is_reported(well: World) -> None:
    info = {"startTime": stamp(1), "lastConfigTime": stamp(1), "reloadConfigSuccess": False}
    well.servers["prometheus"].routes["/api/v1/status/runtimeinfo"] = success(info)
    finding = well.only("prometheus.config")
    assert finding.summary == "the last reload of the configuration failed"
    assert finding.remedy == "Fix the error shown in `stackctl logs prometheus`, then run `stackctl reload`."


def test_another_loaded_configuration_is_reported_with_the_first_difference(well: World) -> None:
    other = "global: {scrape_interval: 1m}\nscrape_configs: []\n"
    well.servers["prometheus"].routes["/api/v1/status/config"] = success({"yaml": other})
    finding = well.only("prometheus.config")
    assert finding.summary == (
        "Prometheus has loaded a different configuration: global.scrape_interval: rendered '15s', loaded '1m'"
    )
    assert finding.remedy == "Run `stackctl reload`."
    assert "scrape_configs: 9 rendered, 0 loaded" in finding.evidence


def test_reports_files_that_were_changed_by_hand(well: World) -> None:
    well.change(intact=False)
    finding = well.only("stack.files")
    assert finding.status == "fail"
    assert "have been changed by hand: a restart would load them" in finding.summary
