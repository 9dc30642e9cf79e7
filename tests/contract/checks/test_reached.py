"""Exporters and probes of somebody else, by what they say of themselves."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from stackctl.access import Access
from stackctl.checks import reached
from stackctl.checks.reached import OWN_SCRAPE
from stackctl.clients.http import Answer
from stackctl.diagnostic import Diagnostic
from tests.contract.serving import Asked, Reply
from tests.contract.world import World, no_answer, success


def answering(world: World, job: str, **values: int) -> None:
    """Let each of these series of a job have one value."""

    def answer(query: str) -> object:
        names = [name for name in reached._series() if f"({name}," in query]
        found = [
            {"metric": {"job": job, "instance": name, "__n__": str(number)}, "value": [1, str(values[name])]}
            for number, name in enumerate(names)
            if name in values
        ]
        return success({"result": found})

    world.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)


def findings(world: World, **values: int) -> list[Diagnostic]:
    """The findings about given servers where each of these series has one value."""
    answering(world, "j", **values)
    world.change(given={"prometheus": Access(world.servers["prometheus"].url)})
    return list(reached.check(world.context))


def test_what_is_reached_is_a_pass(well: World) -> None:
    found = findings(well, probe_success=1, pg_up=1)
    assert [(each.code, each.subject, each.status) for each in found] == [
        ("probe.success", "j/probe_success", "pass"),
        ("exporter.works", "j/pg_up", "pass"),
    ]


def test_what_is_not_reached_is_a_failure(well: World) -> None:
    found = findings(well, probe_success=0, mysql_up=0)
    assert [(each.code, each.summary) for each in found] == [
        ("probe.success", "the probe fails"),
        ("exporter.works", "the exporter responds, but does not reach its server"),
    ]


LOG = """\
time=2026-12-03T12:00:00Z level=info msg="Beginning probe" probe=http timeout_seconds=5
time=2026-12-03T12:00:00Z level=error msg="Body did not match regular expression" regexp=Welcome
time=2026-12-03T12:00:00Z level=error msg="Probe failed" duration_seconds=0.003



Metrics that would have been returned:
"""


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (LOG, "the probe fails: Body did not match regular expression"),
        (LOG.partition("Metrics")[0], "the probe fails"),
        ("probe_success 0\n", "the probe fails"),
    ],
    ids=["the exporter's log", "a log that is cut off", "a page of its own"],
)
def test_probe_that_fails_has_the_reason_that_its_exporter_gives(well: World, text: str, summary: str) -> None:
    asked: list[str] = []

    def fetch(url: str) -> Answer:
        asked.append(url)
        return Answer(200, "", text)

    url = "http://localhost:9115/probe?module=body&target=x.test"
    well.target("api").update(scrapeUrl=url, labels={"job": "api", "instance": "probe_success"})
    answering(well, "api", probe_success=0)
    well.change(fetch=fetch)
    (finding,) = [each for each in reached.check_stack(well.context) if each.subject == "api/probe_success"]
    assert (finding.summary, finding.evidence, asked) == (summary, "probe_success is 0", [f"{url}&debug=true"])


def test_server_elsewhere_is_not_asked_for_the_reason(well: World) -> None:
    well.target("api").update(scrapeUrl="http://x/probe?a=b", labels={"job": "j", "instance": "probe_success"})
    well.change(fetch=no_answer, runtime=replace(well.context.runtime, shares_network=False))
    (finding,) = findings(well, probe_success=0)
    assert finding.summary == "the probe fails"


def verdicts(world: World, **values: int) -> list[tuple[str, str, str]]:
    """The findings where these series say of an exporter that it does not work."""

    def answer(query: str) -> object:
        parts = {"_(up)": 0, "_(scrape_error)": 1, "_((collector|scrape|probe)_success)": 2}
        if not all(part in query for part in parts):
            return success({"result": []})
        kinds = {name: next(at for part, at in parts.items() if re.search(part, name)) for name in values}
        labels = {"job": "j", "instance": "a:1"}
        found = [
            {"metric": {**labels, "verdict": name, "__n__": str(kinds[name])}, "value": [1, str(value)]}
            for name, value in values.items()
        ]
        return success({"result": found})

    world.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)
    world.change(given={"prometheus": Access(world.servers["prometheus"].url)})
    return [(each.status, each.subject, each.summary) for each in reached.check(world.context)]


@pytest.mark.parametrize(
    ("name", "value", "meaning"),
    [
        ("nextcloud_up", 0, "what it is about is down"),
        ("pg_exporter_last_scrape_error", 1, "its last scrape failed"),
        ("jmx_scrape_error", 1, "its last scrape failed"),
        ("elasticsearch_scrape_success", 0, "all its collectors failed"),
        ("mysql_exporter_collector_success", 0, "all its collectors failed"),
    ],
)
def test_verdict_of_an_exporter_that_stackctl_does_not_know_is_a_warning(
    well: World, name: str, value: int, meaning: str
) -> None:
    summary = f"`{name}` is {value}: the exporter responds, but by its own account {meaning}"
    assert verdicts(well, **{name: value}) == [("warn", "j/a:1", summary)]


def test_verdict_of_a_known_exporter_is_reported_once(well: World) -> None:
    assert verdicts(well, pg_up=0) == []


def test_an_exporter_is_reported_once(well: World) -> None:
    found = verdicts(well, acme_up=0, acme_scrape_error=1)
    assert [(status, subject) for status, subject, _ in found] == [("warn", "j/a:1")]


def test_without_exporters_there_is_nothing_to_say(well: World) -> None:
    assert findings(well) == []


def test_a_refused_query_is_a_failure(well: World) -> None:
    well.servers["prometheus"].routes["/api/v1/query"] = Reply("broken", 500)
    (found,) = reached.check(well.context)
    assert found.status == "fail"


def test_probe_of_a_service_that_fails_is_a_failure_of_the_stack_too(well: World) -> None:
    """The exporter that probes is up all the same."""
    answering(well, "api", probe_success=0)
    found = [each for each in reached.check_stack(well.context) if each.subject == "api/probe_success"]
    assert [(each.code, each.status, each.summary) for each in found] == [("probe.success", "fail", "the probe fails")]
    assert found[0].position
    assert found[0].position.file.endswith("stack.yml")


def test_series_of_the_stacks_own_exporters_are_judged_once(well: World) -> None:
    own = next(job for job in well.context.jobs if job.component)
    answering(well, own.name, probe_success=0)
    assert [each for each in reached.check_stack(well.context) if each.subject.startswith(f"{own.name}/")] == []


@pytest.mark.parametrize(
    ("name", "is_own"),
    [
        ("jmx_scrape_error", True),
        ("pg_exporter_last_scrape_error", True),
        ("redis_exporter_last_scrape_error", True),
        ("node_textfile_scrape_error", False),
    ],
)
def test_only_the_scrape_of_the_exporter_itself_is_its_verdict(name: str, is_own: bool) -> None:
    assert bool(re.fullmatch(f"({OWN_SCRAPE})_scrape_error", name)) == is_own


def test_exporter_that_was_removed_from_the_configuration_is_not_judged(well: World) -> None:
    """Prometheus returns its series for five minutes more."""
    answering(well, "api", probe_success=0)
    answer = well.servers["prometheus"].routes["/api/v1/query"]
    ended = {"metric": {"job": "api", "instance": "probe_success"}, "value": [1, "900"]}
    assert isinstance(answer, Asked)
    inner = answer.answer
    well.servers["prometheus"].routes["/api/v1/query"] = Asked(
        lambda query: success({"result": [ended]}) if "timestamp(up) < " in query else inner(query)
    )
    assert [each for each in reached.check_stack(well.context) if each.subject == "api/probe_success"] == []
