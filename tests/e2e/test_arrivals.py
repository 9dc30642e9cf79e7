"""An alert that fires and does not reach Alertmanager is a failure, once Prometheus had the time to send it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.wait import wait_until
from tests.e2e.pieces import Piece, alert, group
from tests.e2e.pieces.benign import FIRES
from tests.e2e.pieces.running import App, running

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]

# Prometheus sends again what was not taken after a minute.
PATIENCE_SECONDS = 150
LOST = Piece(
    "lost-alert",
    rules=(group("lost-alert", alert("Lost", FIRES)),),
    prometheus={
        "extra": {
            "alerting": {
                "alertmanagers": [{"path_prefix": "/wrong", "static_configs": [{"targets": ["ALERTMANAGER"]}]}]
            }
        }
    },
)


def test_alert_that_does_not_arrive_is_reported_with_the_reason(tmp_path: Path) -> None:
    own = "alertmanager.connected alertmanager"
    with running(tmp_path, App([LOST]), LOST) as stack:
        assert own not in stack.red()
        seen = wait_until(stack.red, lambda rows: own in rows, PATIENCE_SECONDS, what="the alert to be missed")
    assert seen[own]["summary"].endswith(": Lost")
    assert "404" in str(seen[own])
