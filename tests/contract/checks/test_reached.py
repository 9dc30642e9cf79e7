"""Exporters and probes of somebody else, by what they say of themselves."""

from __future__ import annotations

from stackctl.access import Access
from stackctl.checks import reached
from stackctl.diagnostic import Diagnostic
from tests.contract.serving import Asked, Reply
from tests.contract.world import World, success


def findings(world: World, **values: int) -> list[Diagnostic]:
    """The findings where each of these series has one value."""

    def answer(query: str) -> object:
        names = [name for name in reached._series() if f"({name}," in query]
        found = [
            {"metric": {"job": "j", "instance": name, "__n__": str(number)}, "value": [1, str(values[name])]}
            for number, name in enumerate(names)
            if name in values
        ]
        return success({"result": found})

    world.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)
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


def test_without_exporters_there_is_nothing_to_say(well: World) -> None:
    assert findings(well) == []


def test_a_refused_query_is_a_failure(well: World) -> None:
    well.servers["prometheus"].routes["/api/v1/query"] = Reply("broken", 500)
    (found,) = reached.check(well.context)
    assert found.status == "fail"
