"""Which alert reaches whom, and what is said: by Alertmanager's own tool, on the golden configuration."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.golden.cases import TREES
from tests.golden.test_golden_real_tools import required_program

FOLDER = TREES / "alerts" / "native" / "alertmanager"
ROUTES = [
    ("alertname=A", "night"),
    ("severity=warning", "night"),
    ("severity=info team=data", "nobody"),
    ("severity=warning team=core", "team"),
    ("severity=critical team=core", "oncall"),
    ("severity=critical team=data", "oncall,data,night"),
    ("severity=warning team=data", "data,night"),
    ("severity=warning team=etl+ml", "data,night"),
    ("severity=warning team=etlml", "team"),
    ("severity=critical team=core host=db12", "oncall,night"),
    ("severity=ticket team=core host=db12", "team"),
    ("team=core host=db", "team"),
]


@pytest.mark.parametrize(("labels", "receivers"), ROUTES)
def test_every_alert_reaches_its_receivers(labels: str, receivers: str) -> None:
    config = f"--config.file={FOLDER / 'alertmanager.yml'}"
    assert amtool("config", "routes", "test", config, *labels.split()) == receivers


def alert(status: str = "firing", labels: dict[str, str] | None = None, **annotations: str) -> dict[str, Any]:
    return {"status": status, "labels": {"alertname": "Slow", **(labels or {})}, "annotations": annotations}


TEXTS = [
    (
        "title",
        [alert(labels={"job": "api"}), alert(labels={"job": "api"})],
        {"alertname": "Slow", "job": "api"},
        "[FIRING:2] Slow (api)",
    ),
    ("title", [alert("resolved")], {}, "[RESOLVED] several alerts"),
    ("text", [alert()], {}, "Slow\n"),
    (
        "text",
        [
            alert(labels={"severity": "page", "job": "a"}, summary="2 s", description="At 12%", runbook_url="http://r"),
            alert("resolved", {"job": "b"}, summary="<1 s>"),
        ],
        {},
        "2 s\nAt 12%\nRunbook: http://r\njob=a, severity=page\n\nResolved: <1 s>\njob=b",
    ),
    ("pagerduty.severity", [alert()], {"severity": "warning"}, "warning"),
    ("pagerduty.severity", [alert()], {"severity": "page"}, "error"),
]


@pytest.mark.parametrize(("template", "alerts", "common", "text"), TEXTS)
def test_templates_say_what_a_person_needs(
    template: str, alerts: list[dict[str, Any]], common: dict[str, str], text: str, tmp_path: Path
) -> None:
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"status": alerts[0]["status"], "alerts": alerts, "commonLabels": common}))
    rendered = amtool(
        "template",
        "render",
        f"--template.glob={FOLDER}/templates/*.tmpl",
        f'--template.text={{{{ template "stackctl.{template}" . }}}}',
        f"--template.data={data}",
    )
    assert rendered == text.rstrip("\n")


def amtool(*arguments: str) -> str:
    ran = subprocess.run([required_program("amtool"), *arguments], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.rstrip("\n")
