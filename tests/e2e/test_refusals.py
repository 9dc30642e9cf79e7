"""What `check` refuses, `up` and `reload` refuse in the same words, and nothing changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.e2e.real_stack import Stack, running_stack

pytestmark = [pytest.mark.e2e, pytest.mark.native]

RULE = "      - {{alert: New, expr: '{}', annotations: {{summary: '{}'}}}}\n"
RECEIVER = "    new: {{slack: {{api_url: 'http://127.0.0.1:1/', channel: x, title: '{}'}}}}\n"
BAD = {
    "a template that cannot be read": {"rules": RULE.format("up == 7", "{{ $nothing }}")},
    "a template that cannot be expanded": {"rules": RULE.format("up == 7", "{{ .group }}")},
    "a template of a receiver": {"alertmanager": RECEIVER.format('{{ template "common_title" . }}')},
    "a function that Alertmanager has not": {"alertmanager": RECEIVER.format("{{ add 1 2 }}")},
    "an expression that means nothing": {"rules": RULE.format('x{a="1"} / x{a="2"}', "")},
    "a file that is not there": {
        "prometheus": "  extra: {scrape_configs: [{job_name: x, bearer_token_file: none.txt}]}\n"
    },
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack("native", tmp_path_factory.mktemp("refusals")) as made:
        yield made


@pytest.mark.parametrize("kind", BAD)
def test_up_and_reload_refuse_what_check_refuses(running: Stack, kind: str) -> None:
    before = running.current
    running.write(**BAD[kind])
    checked = running.ran("check")
    assert checked.returncode, kind
    for command in (["up"], ["reload"], ["up", "--dry-run"], ["reload", "--dry-run"]):
        ran = running.ran(*command)
        if command == ["up", "--dry-run"] and checked.returncode == 1:
            continue  # it touches nothing, not even to let the checkers read
        assert ran.returncode == checked.returncode, ran.stderr
        assert problems(ran.stderr)[: len(problems(checked.stderr))] == problems(checked.stderr)
    assert running.current == before
    running.write()
    running.run("reload")


def problems(text: str) -> list[str]:
    """The problems that were printed, without the warnings of `check`, and what is said of all of them."""
    parts = [part.removeprefix("failed: ").removeprefix("error: ").strip() for part in text.split("\n\n")]
    others = re.compile(r"\d+ problems?(, \d+ warnings?)?|To read more: .*|warning: .*", re.DOTALL)
    return [part for part in parts if part and not others.fullmatch(part)]
