"""Targets that relabelling has given other labels are still the declared ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.checks import targets
from stackctl.clients.http import Away
from stackctl.source import Position
from tests.contract.serving import Reply
from tests.contract.world import Around, World, opened, stamp, target, words

RELABELLED: dict[str, dict[str, str]] = {
    "the port is stripped": {"job": "api", "instance": "localhost"},
    "another job": {"job": "old", "instance": "localhost:8000"},
    "another instance": {"job": "api", "instance": "shop-1"},
    "everything": {"job": "old", "instance": "shop-1"},
    "no instance": {"job": "api"},
}


def relabel(well: World, job: str, labels: dict[str, str]) -> None:
    well.target(job)["labels"] = {"team": "core", **labels}
    well.label_series(job=labels["job"], instance=labels.get("instance", ""))


@pytest.mark.parametrize("labels", RELABELLED.values(), ids=RELABELLED)
def test_relabelled_target_is_found_and_up(well: World, labels: dict[str, str]) -> None:
    relabel(well, "api", labels)
    assert well.only("target.up", "api/").status == "pass"


@pytest.mark.parametrize("labels", RELABELLED.values(), ids=RELABELLED)
def test_contract_is_compared_with_relabelled_series(well: World, labels: dict[str, str]) -> None:
    relabel(well, "api", labels)
    found = well.findings("contract")
    assert {finding.status for finding in found} == {"pass"}, found


def test_targets_that_share_an_instance_have_a_row_each(well: World) -> None:
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    others = [job for job in well.context.jobs if job.name != "api"]
    both = tuple(replace(api.endpoints[0], address=address, instance="shop") for address in ("a:1", "b:1"))
    well.change(jobs=(*others, replace(api, endpoints=both)))
    known = well.target("api")
    well.targets.remove(known)
    state: dict[str, Any] = {"health": "down", "lastError": "connect: connection refused"}
    well.targets += [target("api", "shop", "a:1"), {**target("api", "shop", "b:1"), **state}]
    found = {finding.subject: finding.status for finding in well.findings("target.up") if "api/" in finding.subject}
    assert found == {"api/shop (a:1)": "pass", "api/shop (b:1)": "fail"}


def test_targets_of_one_address_are_distinguished_by_labels(well: World) -> None:
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    others = [job for job in well.context.jobs if job.name != "api"]
    paths = ("/a", "/b")
    both = tuple(
        replace(api.endpoints[0], address="a:1", instance=f"a{path}", labels={"__metrics_path__": path})
        for path in paths
    )
    well.change(jobs=(*others, replace(api, endpoints=both)))
    well.targets.remove(well.target("api"))
    for path in paths:
        one = target("api", f"a{path}", "a:1", path)
        one["discoveredLabels"] |= {"__metrics_path__": path, "instance": f"a{path}"}
        well.targets.append(one)
    well.targets[-1] |= {"health": "down", "lastError": "connect: connection refused"}
    found = {finding.subject: finding.status for finding in well.findings("target.up") if "api/" in finding.subject}
    assert found == {"api/a/a": "pass", "api/a/b": "fail"}


def test_panel_that_asks_for_the_relabelled_job_is_skipped_while_that_is_down(well: World) -> None:
    relabel(well, "api", {"job": "old", "instance": "x"})
    well.target("api").update(health="down", lastError="connect: connection refused")
    well.series.clear()
    found = [f for f in well.findings("panel.data") if f.status != "skip"]
    assert not found


def test_a_target_that_is_down_is_reported_with_its_cause(well: World) -> None:
    error = "server returned HTTP status 404 Not Found"
    well.target("api").update(health="down", lastError=error)
    finding = well.only("target.up", "api/")
    assert words(finding) == (
        "fail",
        "down: there is nothing at the metrics path",
        "`metrics_path: /metrics` may be wrong: use the path that serves the metrics.",
    )
    assert finding.evidence == f"{error}\nfrom this machine: GET http://localhost:8000/metrics: connection refused"
    assert finding.position
    assert finding.position.text.strip() == 'targets: ["localhost:8000"]'
    assert well.only("target.up", "pushgateway").status == "pass"


@pytest.mark.parametrize(("port", "status"), [(8000, "skip"), (8001, "fail")])
def test_target_that_is_a_given_server_fails_once(well: World, port: int, status: str) -> None:
    well.target("api").update(health="down", lastError="connection refused")
    away = {"alertmanager": Away("it does not answer", "component.ready alertmanager")}
    well.change(given={"alertmanager": Access(f"http://127.0.0.1:{port}")}, away=away)
    assert {each.subject: each.status for each in targets.check(well.context)}["api/localhost:8000"] == status


def test_target_that_is_down_once_and_then_up_passes(well: World) -> None:
    routes, api = well.servers["prometheus"].routes, well.target("api")

    def recovering() -> Any:
        seen = well.report_targets()
        api.update(health="up", lastError="")
        return seen

    api.update(health="down", lastError="connection refused")
    routes["/api/v1/targets"] = recovering
    assert well.only("target.up", "api/").status == "pass"


def test_a_target_that_was_up_but_is_no_longer_scraped_fails(well: World) -> None:
    well.target("api")["lastScrape"] = stamp(999)
    status, summary, remedy = words(well.only("target.up", "api/"))
    assert status == "fail"
    assert "scrape" in summary
    assert "--timeout" in remedy


def test_target_that_is_scraped_less_often_than_verify_waits_is_skipped(well: World) -> None:
    well.redeclare("api", scrape_interval="5m")
    well.target("api")["lastScrape"] = stamp(999)
    finding = well.only("target.up", "api/")
    assert finding.status == "skip"
    assert finding.summary == "it is scraped every 300 s, and was not scraped while this check waited"
    assert "--timeout" in finding.remedy


def test_target_that_is_scraped_each_minute_is_not_skipped_for_want_of_patience(well: World) -> None:
    well.redeclare("api", scrape_interval="60s")
    well.target("api")["lastScrape"] = stamp(999)
    finding = well.only("target.up", "api/")
    assert finding.status == "fail"
    assert "--timeout" in finding.remedy


def test_discovered_target_that_is_scraped_seldom_is_skipped_unless_it_is_down(well: World) -> None:
    well.redeclare("found", scrape_interval="5m")
    well.target("found")["lastScrape"] = stamp(999)
    assert well.only("target.up", "found").status == "skip"
    well.target("found").update(health="down", lastError="connection refused")
    assert well.only("target.up", "found").status == "fail"


@pytest.mark.parametrize("last", ["0001-01-01T00:00:00Z", stamp(1)])
def test_unknown_health_is_not_up(well: World, last: str) -> None:
    well.target("api").update(health="unknown", lastScrape=last)
    assert well.only("target.up", "api/").status == "fail"


def test_a_target_that_was_never_loaded_is_reported(well: World) -> None:
    well.targets.remove(well.target("api"))
    assert words(well.only("target.up", "api/")) == (
        "fail",
        "Prometheus has no such target",
        "The running configuration is older than the manifest: run `stackctl reload`.",
    )


@pytest.mark.parametrize(("others", "status"), [(True, "skip"), (False, "fail")])
def test_found_target_that_goes_meanwhile_is_no_failure_while_others_are_there(
    well: World, others: bool, status: str
) -> None:
    gone = well.target("api")
    well.targets.remove(gone)
    if others:
        well.targets.append(
            {**gone, "discoveredLabels": {"__address__": "localhost:8001"}, "scrapeUrl": "http://x:8001"}
        )
    well.change(given={"prometheus": Access(well.servers["prometheus"].url)})
    found = {each.subject: each.status for each in targets.check(well.context)}
    assert found["api/localhost:8000"] == status


def test_a_target_that_relabelling_dropped_is_reported_with_the_step(well: World) -> None:
    gone = well.target("api")
    well.targets.remove(gone)
    well.dropped.append({"scrapePool": "api", "discoveredLabels": {**gone["discoveredLabels"], "env": "Prod"}})
    steps = [
        {"action": "lowercase", "source_labels": ["env"], "target_label": "env"},
        {"action": "drop", "source_labels": ["env"], "regex": "prod|test"},
    ]
    places = (Position("stack.yml", 30, 9), Position("stack.yml", 31, 9))
    well.redeclare("api", scrape={"relabel_configs": steps}, relabel_origins=places)
    finding = well.only("target.up", "api/")
    assert words(finding) == (
        "fail",
        "dropped by step 2 of `relabel` (drop)",
        "Correct that step, in line 31 of the manifest, or remove the target.",
    )
    assert finding.evidence == "stack.yml:31:9: drop: [env] is 'prod', which matches 'prod|test'"


def test_discovery_that_finds_nothing_fails(well: World) -> None:
    well.targets.remove(well.target("found"))
    assert words(well.only("target.up", "found")) == (
        "fail",
        "discovery found no targets",
        "Check the discovery block: its source must list at least one target.",
    )


def test_a_discovered_target_that_is_down_is_named(well: World) -> None:
    well.targets.append({**well.target("found"), "labels": {"job": "found", "instance": "b:1"}, "health": "down"})
    finding = well.only("target.up", "found")
    assert words(finding) == (
        "fail",
        "1 of 2 discovered targets are not up",
        "Fix the targets named in the evidence.",
    )
    assert finding.evidence == "b:1: down"


REJECTED = "server returned HTTP status 400 Bad Request"


def answering_400(well: World, job: str, body: str) -> None:
    """Let relabelling lead a job to a server that answers 400; nothing listens at the address of its target."""
    well.servers["blackbox"].routes["/probe"] = Reply(body, 400)
    url = f"{well.servers['blackbox'].url}/probe"
    well.target(job).update(health="down", lastError=REJECTED, scrapeUrl=url)
    well.change(place=replace(well.context.place, dial=opened))


def test_relabelled_target_is_asked_where_prometheus_scrapes_it(well: World) -> None:
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    assert api.service
    step = {"target_label": "__address__", "replacement": "localhost:9115"}
    well.redeclare("api", scrape={**api.service.scrape, "relabel_configs": [step]})
    answering_400(well, "api", "Target parameter is missing")
    finding = well.only("target.up", "api/")
    assert finding.summary == "down: it rejects the request (HTTP 400)"
    assert "Target parameter is missing" in finding.evidence


def test_discovered_targets_of_one_cause_have_its_remedy(well: World) -> None:
    answering_400(well, "found", 'Unknown module "http_nope"')
    finding = well.only("target.up", "found")
    assert words(finding) == (
        "fail",
        "1 of 1 discovered targets are not up: it rejects the request (HTTP 400)",
        "Read its response in the evidence, and correct `params`, `metrics_path` or `scheme`.",
    )
    assert finding.evidence.startswith(f"10.0.0.1:1: {REJECTED}\n")
    assert 'Unknown module "http_nope"' in finding.evidence


def test_discovered_targets_of_several_causes_have_each_its_own(well: World) -> None:
    answering_400(well, "found", "no")
    down = {"health": "down", "lastError": "connect: connection refused"}
    well.targets.append({**target("found", "127.0.0.1:1"), **down})
    finding = well.only("target.up", "found")
    assert words(finding)[1:] == ("2 of 2 discovered targets are not up", "Fix the targets named in the evidence.")
    first, second = finding.evidence.splitlines()
    assert first == f"10.0.0.1:1: it rejects the request (HTTP 400): {REJECTED}"
    assert second.startswith("127.0.0.1:1: ")
    assert second.endswith(": connect: connection refused")


def scraped_at(well: World, job: str, *targets: tuple[str, str]) -> None:
    """Let Prometheus scrape these targets of a job instead of its own: their addresses, and the URLs."""
    well.targets.remove(well.target(job))
    well.targets += [{**target(job, address), "scrapeUrl": url} for address, url in targets]


@pytest.mark.parametrize(
    ("exporter", "query", "is_own"),
    [
        ("blackbox", "/metrics?module=a&target=x", True),
        ("blackbox", "/metrics?module=a", False),
        ("blackbox", "/scrape?target=x", False),
        ("idrac", "/metrics?target=x", False),
    ],
)
def test_metrics_of_an_exporter_itself_are_not_those_of_a_target(
    well: World, exporter: str, query: str, is_own: bool
) -> None:
    url = f"http://localhost:9115{query}"
    scraped_at(well, "found", ("x:80", url))
    labels = {"job": "found", "instance": "x:80"}
    well.series.append({"__name__": f"{exporter}_exporter_build_info", **labels})
    finding = well.only("target.up", "found")
    assert finding.status == ("fail" if is_own else "pass")
    assert not is_own or finding.summary.startswith(f"{url} returns the metrics of the exporter itself")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [("a:80", "b:80", True), ("a:80", "a:81", False), ("http://a/", "http://b/", True)],
    ids=["hosts", "ports of a host", "URLs"],
)
def test_discovered_targets_that_are_scraped_at_one_url_fail(well: World, one: str, other: str, is_same: bool) -> None:
    url = "http://localhost:9115/probe?target=a"
    scraped_at(well, "found", (one, url), (other, url))
    finding = well.only("target.up", "found")
    assert finding.status == ("fail" if is_same else "pass")
    assert not is_same or finding.evidence == f"{one}: {url}\n{other}: {url}"


def test_declared_targets_that_are_scraped_at_one_url_fail_each(well: World) -> None:
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    others = [job for job in well.context.jobs if job.name != "api"]
    both = tuple(replace(api.endpoints[0], address=address, instance=address) for address in ("a:1", "a:2"))
    well.change(jobs=(*others, replace(api, endpoints=both)))
    scraped_at(well, "api", *((address, "http://proxy:1/metrics") for address in ("a:1", "a:2")))
    found = [each for each in well.findings("target.up") if "api/" in each.subject]
    assert [each.summary for each in found] == [
        "Prometheus scrapes the same URL for `a:1` and `a:2`",
        "Prometheus scrapes the same URL for `a:2` and `a:1`",
    ]


def test_a_target_that_is_still_asked_for_another_path_is_reported(well: World) -> None:
    well.redeclare("api", metrics_path="/v1/metrics")
    finding = well.only("target.up", "api/")
    assert (finding.status, finding.stage) == ("fail", "loaded")
    assert finding.summary == "Prometheus scrapes http://localhost:8000/metrics, not /v1/metrics"


def test_discovery_that_fails_is_reported_with_its_error(well: World) -> None:
    well.targets.remove(well.target("found"))
    place = well.context.place
    assert isinstance(place, Around)
    place.lines = (
        'level=ERROR msg="Unable to refresh target groups" discovery=http config=other err="not this one"',
        'level=ERROR msg="Unable to refresh target groups" discovery=http config=found err="Get: connection refused"',
    )
    finding = well.only("target.up", "found")
    assert finding.status == "fail"
    assert finding.summary == "discovery fails: Get: connection refused"


@pytest.mark.parametrize(
    ("at", "is_left", "status"),
    [(9_950.0, False, "fail"), (100.0, False, "fail"), (9_950.0, True, "fail"), (100.0, True, "pass")],
    ids=["none is left", "none since long", "one is left", "corrected since"],
)
def test_what_discovery_finds_and_cannot_be_a_target_is_reported(
    well: World, at: float, is_left: bool, status: str
) -> None:
    if not is_left:
        well.targets.remove(well.target("found"))
    place = well.context.place
    assert isinstance(place, Around)
    error = 'instance 0 in group x: \\"http://a:1\\" is not a valid hostname'
    place.lines = (
        f'time={stamp(at)} level=ERROR msg="Creating target failed" scrape_pool=found err="{error}"',
        f'time={stamp(9_990.0)} level=ERROR msg="Creating target failed" scrape_pool=another err="not this one"',
    )
    found = well.only("target.up", "found")
    assert found.status == status
    assert ('cannot scrape: instance 0 in group x: "http://a:1" is not a valid' in found.summary) == (status == "fail")


def test_discovered_targets_that_relabelling_drops_are_reported_so(well: World) -> None:
    gone = well.target("found")
    well.targets.remove(gone)
    well.dropped.append({"scrapePool": "found", "discoveredLabels": gone["discoveredLabels"]})
    assert "relabelling drops them" in well.only("target.up", "found").summary
