"""The step of relabelling that drops a target is named with its line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl import scrape
from stackctl.diagnosis.dropped_targets import dropped_by
from stackctl.runtimes.registry import facts
from stackctl.source import Position
from tests.unit.render.stacks import service, stack


def job(*steps: dict[str, Any]) -> scrape.Job:
    origins = tuple(Position("stack.yml", 10 + number, 5) for number in range(len(steps)))
    declared = replace(service(scrape={"relabel_configs": steps}), relabel_origins=origins)
    return next(each for each in scrape.jobs(stack(services=(declared,)), facts("native")) if each.name == "api")


@pytest.mark.parametrize(
    ("action", "words"), [("drop", "which matches 'prod'"), ("keep", "which does not match 'staging'")]
)
def test_names_the_step_and_what_it_saw(action: str, words: str) -> None:
    regex = "prod" if action == "drop" else "staging"
    steps = ({"target_label": "x", "replacement": "y"}, {"action": action, "source_labels": ["env"], "regex": regex})
    found = dropped_by(job(*steps), {"env": "prod"})
    assert found.cause == f"dropped by step 2 of `relabel` ({action})"
    assert "line 11 of the manifest" in found.remedy
    assert found.evidence == f"stack.yml:11:5: {action}: [env] is 'prod', {words}"


def test_says_if_no_step_of_the_manifest_drops_it() -> None:
    assert "the running steps differ" in dropped_by(job(), {"env": "prod"}).evidence
