"""What comes from a mistake that is reported already is not reported as another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.manifest import read
from stackctl.source import Position

RECEIVERS = "{t: {webhok: x}, u: {webhook: {url: 'http://x/'}}}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # The interval is unknown, so nothing can be too long for it.
        (
            "prometheus: {scrape_interval: 99}\nservices: {a: {targets: ['x:1'], scrape_timeout: 59s}}",
            ["prometheus.scrape_interval: not a duration"],
        ),
        ("services: {a: {targets: ['x']}}", ["services.a.targets[0]"]),
        ("services: {a: {tragets: ['x:1']}}", ["services.a: unknown key `tragets`"]),
        ("services: {a: 5}", ["services.a: expected a mapping"]),
        (
            "services: {a: {targets: ['x:1']}, b: []}\nrules: [{pack: http, services: [b]}]",
            ["services.b: expected a mapping"],
        ),
        (
            "pushgateway: 7\nservices: {a: {push: {}}}",
            ["pushgateway: expected a mapping"],
        ),
        (
            f"services: {{a: {{targets: ['x:1']}}}}\nalertmanager: {{receivers: {RECEIVERS}, routing: {{default: t}}}}",
            ["alertmanager.receivers.t: unknown key `webhok`"],
        ),
        # Receivers as Alertmanager has them: nothing that names one is wrong for that.
        (
            "services: {a: {targets: ['x:1']}}\nalertmanager: {receivers: [{name: t}], routing: {default: t}}",
            ["alertmanager.receivers: expected a mapping, got a list"],
        ),
        # The items of a list keep the numbers that they have in the file.
        (
            "services: {a: {targets: ['x:1']}}\nrules: [{nme: x}, {file: missing.yml}, {pack: nothing}]",
            ["rules[0]", "missing.yml does not exist", "rules[2].pack"],
        ),
        # Both at once, as they are independent.
        (
            "prometheus: {retention: {size: 3}}\nservices: {a: {targets: ['x:1', 'x:1']}}",
            ["prometheus.retention.size", "services.a.targets[1]: the target `x:1` is listed twice"],
        ),
    ],
)
def test_reports_each_mistake_once(tmp_path: Path, body: str, expected: list[str]) -> None:
    path = tmp_path / "stack.yml"
    path.write_text(f"version: 1\nname: shop\n{body}\n")
    problems = [each.summary for each in read(path, {}).problems]
    assert len(problems) == len(expected), problems
    for words in expected:
        assert any(words in each for each in problems), problems


@pytest.mark.parametrize(
    "text", ["{}", "services: {}", "version: 2\nname: X Y\nservices: {a: {targets: ['x:1']}}", "x"]
)
def test_reads_on_without_version_and_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stack.yml"
    path.write_text(text)
    assert read(path, {}).problems


def test_section_that_lacks_a_variable_is_not_refused_for_it(tmp_path: Path) -> None:
    """A server would say of the section that the value is missing."""
    path = tmp_path / "stack.yml"
    path.write_text(
        "version: 1\nname: shop\nalertmanager:\n  receivers:\n    page: {pagerduty: {routing_key: '${KEY}'}}\n"
        "services: {a: {targets: ['x:1']}}\n"
    )
    reading = read(path, {})
    assert [each.summary for each in reading.problems] == ["the variable `KEY` is not set"]
    refused = Diagnostic("alertmanager.refused", "missing routing key", Position(str(path), 3, 1))
    elsewhere = replace(refused, position=Position(str(path), 6, 12))
    assert reading.gone.independent([refused, elsewhere]) == [elsewhere]


def test_name_that_is_gone_is_no_mistake_in_the_words_of_a_server(tmp_path: Path) -> None:
    path = tmp_path / "stack.yml"
    path.write_text(
        "version: 1\nname: shop\nservices: {a: {targets: ['x:1']}}\n"
        "alertmanager:\n  receivers: [{name: t}]\n  routing: {default: t}\n"
    )
    place = Position(str(path), 3, 1)
    about = Diagnostic("alertmanager.refused", 'undefined receiver "t" used in route', place)
    other = Diagnostic("alertmanager.refused", 'undefined receiver "u" used in route', place)
    assert read(path, {}).gone.independent([about, other]) == [other]
