"""The part of a stack that a name on the command line means."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.operations.lineage import explain, find_dependants

STACK = """\
version: 1
name: shop
services:
  api: {targets: ["localhost:8000"], metrics: {requests_total: counter, depth: gauge}}
rules:
  - name: slow
    rules:
      - {alert: High, expr: depth > 3}
      - {alert: Queue, expr: depth > 4}
  - name: fast
    rules:
      - {alert: High, expr: depth > 5}
      - {alert: Twice, expr: depth > 6}
      - {alert: Twice, expr: depth > 7}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "stack.yml").write_text(STACK)
    return tmp_path / "stack.yml"


def refusal(error: pytest.ExceptionInfo[InputError]) -> tuple[str, str, str]:
    (problem,) = error.value.problems
    return problem.code, problem.summary, problem.remedy


def test_explains_an_alert_and_a_target(manifest: Path) -> None:
    found = explain(manifest, "Queue")
    assert [node.name for node in found.nodes] == ["Queue", "depth", "api", "none"]
    assert explain(manifest, "localhost:8000").start.kind == "target"


def test_finds_what_depends_on_a_metric_and_a_service(manifest: Path) -> None:
    names = {node.full_name for node in find_dependants(manifest, "depth").dependants}
    assert names >= {"slow/High", "slow/Queue", "fast/High"}
    assert find_dependants(manifest, "api").unused == ("requests_total",)


def test_unknown_name_is_refused_with_the_nearest(manifest: Path) -> None:
    with pytest.raises(InputError) as error:
        explain(manifest, "Hihg")
    assert refusal(error) == (
        "usage.unknown-name",
        "the stack has no alert, target or panel `Hihg`",
        "Did you mean `High`?",
    )


def test_unknown_name_without_a_near_one_is_refused_with_all(manifest: Path) -> None:
    with pytest.raises(InputError) as error:
        explain(manifest, "zzz")
    assert refusal(error)[2] == "It has: `High`, `Queue`, `Twice`, `localhost:8000`."


def test_name_for_the_other_command_is_refused_with_it(manifest: Path) -> None:
    with pytest.raises(InputError) as error:
        explain(manifest, "depth")
    assert refusal(error)[2] == "Run `stackctl impact depth`, as `depth` is a metric."
    with pytest.raises(InputError) as error:
        find_dependants(manifest, "Queue")
    assert refusal(error)[1:] == (
        "the stack has no metric or service `Queue`",
        "Run `stackctl why Queue`, as `Queue` is an alert.",
    )


def test_name_of_several_is_refused_with_the_list(manifest: Path) -> None:
    with pytest.raises(InputError) as error:
        explain(manifest, "High")
    assert refusal(error) == (
        "usage.ambiguous-name",
        "the stack has 2 things of the name `High`",
        "Name one: `slow/High` (alert), `fast/High` (alert).",
    )
    assert explain(manifest, "fast/High").start.owner == "fast"


def test_alerts_of_one_group_are_named_by_their_places(manifest: Path) -> None:
    with pytest.raises(InputError) as error:
        explain(manifest, "Twice")
    assert refusal(error)[2] == f"Name one: `{manifest}:13` (alert), `{manifest}:14` (alert)."
    found = explain(manifest, f"{manifest}:14").start.position
    assert found
    assert found.line == 14
