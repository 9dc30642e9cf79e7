"""Links in notifications lead to the addresses that people open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.wait import wait_until
from tests.e2e.real_stack import need, webhook
from tests.ports import free_port
from tests.program import stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.native]

# The alert fires once Prometheus has found the Alertmanager: it would send it again only a minute later.
MANIFEST = """\
version: 1
name: stackctl-links-{prometheus}
prometheus: {{listen: 127.0.0.1:{prometheus}, scrape_interval: 1s, evaluation_interval: 1s{more}}}
alertmanager:
  listen: 127.0.0.1:{alertmanager}
  external_url: https://shop.test/alerts
  receivers: {{hook: {{webhook: {{url: "http://127.0.0.1:{hook}/"}}}}}}
  route: {{receiver: hook, group_wait: 0s}}
services: {{self: {{targets: ["localhost:{prometheus}"]}}}}
rules: [{{name: g, rules: [{{alert: Always, expr: vector(1), for: 8s, labels: {{severity: info}}}}]}}]
"""


@pytest.mark.parametrize("external", ["", "https://shop.test/prometheus"])
def test_links_of_a_notification_are_those_of_the_manifest(tmp_path: Path, external: str) -> None:
    need("native")
    prometheus, alertmanager = free_port(), free_port()
    heard: list[Any] = []

    def hear(_: str, message: Any) -> int:
        heard.append(message)
        return 200

    def run(*arguments: str) -> None:
        ran = stackctl(*arguments, cwd=tmp_path)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    with webhook(hear) as hook:
        more = f", external_url: {external}" if external else ""
        text = MANIFEST.format(prometheus=prometheus, alertmanager=alertmanager, hook=hook, more=more)
        (tmp_path / "stack.yml").write_text(text)
        try:
            run("up", "--runtime", "native")
            run("verify", "--only", "component", "--only", "target", "--only", "stack")
            message = wait_until(lambda: heard, bool, 30, what="a notification")[0]
        finally:
            run("down", "--volumes")
    assert message["externalURL"] == "https://shop.test/alerts"
    opened = external or f"http://localhost:{prometheus}"
    assert message["alerts"][0]["generatorURL"].startswith(f"{opened}/graph?")
