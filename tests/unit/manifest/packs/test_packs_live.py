"""Every alert of every pack is provoked on real servers, or it is said why not."""

from __future__ import annotations

from collections import Counter

import pytest

from stackctl.manifest.packs.library import shipped, shipped_names
from stackctl.manifest.packs.schema import RULES
from tests.e2e import packs_live as live

SCENES = (live.SERVICES, live.RUNTIMES, live.SYSTEMS)
PROVOKED = (*SCENES, live.BY_HAND, live.BY_THRESHOLD, live.SYSTEMS_BY_THRESHOLD, live.ENDLESS)
ALERTS = {
    name: [rule["alert"] for rule in shipped(RULES, name).model.rules if "alert" in rule]
    for name in shipped_names(RULES)
}


def provoked() -> set[str]:
    return {alert for table in PROVOKED for alert in table}


@pytest.mark.parametrize("pack", ALERTS)
def test_every_pack_has_an_alert_that_is_provoked_on_real_servers(pack: str) -> None:
    assert provoked() & set(ALERTS[pack]), f"tests/e2e/packs_live.py provokes no alert of the pack {pack}"


@pytest.mark.parametrize("pack", ALERTS)
def test_every_alert_is_provoked_or_has_a_reason_why_not(pack: str) -> None:
    unknown = [alert for alert in ALERTS[pack] if alert not in provoked() | set(live.NOT_LIVE)]
    assert unknown == [], "provoke them, or say in NOT_LIVE of tests/e2e/packs_live.py why not"


def test_every_alert_is_listed_once_and_has_a_pack() -> None:
    told = Counter(alert for table in (*PROVOKED, live.NOT_LIVE) for alert in table)
    assert [alert for alert, times in told.items() if times > 1] == []
    assert set(told) - {alert for alerts in ALERTS.values() for alert in alerts} == set()
