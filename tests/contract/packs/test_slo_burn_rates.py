"""SLOs by the numbers of Google's SRE workbook, on promtool's clock: what fires at which burn rate.

The numbers are written out, so that nothing of stackctl's own arithmetic stands on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.manifest import load
from stackctl.render.rules import groups
from tests.contract.packs.test_pack_alerts import promtool

# "Alerting on SLOs", table 5-8. For 28 days the factors that sloth makes of it (2, 5, 10 and 10 % of the budget), but
# for its last, 0.933: at a burn rate of 1 the budget lasts. For 7 days by hand: 2 % of 168 hours are 3.36 of one hour.
# window of the SLO -> (alert, long window, short window, burn rate)
PAIRS = {
    "30d": [
        ("SloBurnsFast", "1h", "5m", 14.4),
        ("SloBurnsFast", "6h", "30m", 6.0),
        ("SloBurnsSlowly", "1d", "2h", 3.0),
        ("SloBurnsSlowly", "3d", "6h", 1.0),
    ],
    "28d": [
        ("SloBurnsFast", "1h", "5m", 13.44),
        ("SloBurnsFast", "6h", "30m", 5.6),
        ("SloBurnsSlowly", "1d", "2h", 2.8),
        ("SloBurnsSlowly", "3d", "6h", 1.0),
    ],
    "7d": [
        ("SloBurnsFast", "1h", "5m", 3.36),
        ("SloBurnsFast", "6h", "30m", 1.4),
        ("SloBurnsSlowly", "1d", "2h", 1.0),
        ("SloBurnsSlowly", "3d", "6h", 1.0),
    ],
    "1d": [
        ("SloBurnsFast", "1h", "5m", 1.0),
        ("SloBurnsFast", "6h", "30m", 1.0),
        ("SloBurnsSlowly", "1d", "2h", 1.0),
    ],
}
CASES = [(window, *pair) for window, pairs in PAIRS.items() for pair in pairs]
# 0.5 % may fail.
BUDGET = 0.005
LABELS = '{service="api", slo="paid"}'


def rules(folder: Path, window: str) -> Any:
    """The groups of rules of an objective of 99.5 % over `window`, as a manifest gets them."""
    (folder / "stack.yml").write_text(
        "version: 1\nname: shop\nprometheus: {retention: {time: 60d}}\nservices:\n  api:\n"
        '    targets: ["localhost:1"]\n'
        f"    slo: {{paid: {{objective: 99.5, window: {window}, good: 'rate(good_total[$window])', "
        "total: 'rate(all_total[$window])'}}\n"
    )
    (file,) = load(folder / "stack.yml", {}).rules
    return groups(file)


def holds(folder: Path, window: str, *tests: dict[str, Any]) -> None:
    """Have promtool run `tests` on the rules of an SLO over `window`."""
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": rules(folder, window)}))
    file = folder / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": list(tests)}))
    ran = promtool(file)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(("window", "alert", "long", "short", "rate"), CASES)
def test_each_pair_fires_when_both_windows_exceed_its_burn_rate(
    window: str, alert: str, long: str, short: str, rate: float, tmp_path: Path
) -> None:
    """The two windows are given as if recorded; there is nothing else, so no other pair can have a say."""
    above, below = rate * BUDGET * 1.001, rate * BUDGET * 0.999

    def test(of_long: float, of_short: float, firing: bool) -> dict[str, Any]:
        recorded = {long: of_long, short: of_short}
        count = f'count(ALERTS{{alertname="{alert}", alertstate="firing", service="api", slo="paid"}}) or vector(0)'
        return {
            "interval": "1m",
            "input_series": [
                {"series": f"slo:sli_error:ratio_rate{each}{LABELS}", "values": f"{value:.9f}x5"}
                for each, value in recorded.items()
            ],
            "promql_expr_test": [
                {"expr": count, "eval_time": "3m", "exp_samples": [{"labels": "{}", "value": int(firing)}]},
                # Neither does the other alert.
                {
                    "expr": 'count(ALERTS{alertstate="firing"}) or vector(0)',
                    "eval_time": "3m",
                    "exp_samples": [{"labels": "{}", "value": int(firing)}],
                },
            ],
        }

    holds(
        tmp_path,
        window,
        test(above, above, True),
        test(below, below, False),
        test(above, below, False),
        test(below, above, False),
    )


@pytest.mark.parametrize(("window", "pairs"), PAIRS.items())
def test_no_other_windows_is_asked_for(window: str, pairs: list[tuple[str, str, str, float]], tmp_path: Path) -> None:

    asked = {
        (rule["alert"], each)
        for group in rules(tmp_path, window)
        for rule in group["rules"]
        if "alert" in rule
        for each in re.findall(r"ratio_rate(\w+)", rule["expr"])
    }
    assert asked == {(alert, each) for alert, long, short, _ in pairs for each in (long, short)}


def test_recorded_values_equal_those_counted_by_hand(tmp_path: Path) -> None:
    """Six hours and ten minutes of clean traffic, then half an hour in which every tenth event fails, then ten minutes.

    At 6h40m (370 minutes clean, 30 bad, then again at 6h50m) the shares that failed are 10 % of what the bad minutes
    are of each window.
    """
    clean, bad, after = 370 * 4, 30 * 4, 10 * 4  # quarters of a minute, in each of which 250 events come
    good = f"0+250x{clean} {clean * 250 + 225}+225x{bad - 1} {clean * 250 + bad * 225 + 250}+250x{after - 1}"

    def recorded(time: str, values: dict[str, float]) -> Iterator[dict[str, Any]]:
        for name, value in values.items():
            # Scrapes every 15 s do not lie on the edges of the windows: a hundredth is close.
            near = f"abs(slo:{name}{LABELS} / {BUDGET} - {value}) < bool {max(abs(value), 1) / 50}"
            yield {"expr": f"sum({near})", "eval_time": time, "exp_samples": [{"labels": "{}", "value": 1}]}

    def ratio(window: str, minutes: float, of: float) -> tuple[str, float]:
        return f"sli_error:ratio_rate{window}", 0.1 * minutes / of / BUDGET

    at_the_end = dict([
        ratio("5m", 5, 5), ratio("30m", 30, 30), ratio("1h", 30, 60), ratio("2h", 30, 120), ratio("6h", 30, 360),
        # Longer than there are samples: of the 400 minutes that there are.
        ratio("1d", 30, 400), ratio("3d", 30, 400),
    ])  # fmt: skip
    ten_minutes_later = dict([
        ratio("5m", 0, 5), ratio("30m", 20, 30), ratio("1h", 30, 60), ratio("6h", 30, 360),
        ("sli_error:ratio_period", 0.1 * 30 / 410 / BUDGET),
    ])  # fmt: skip
    left = f"abs(slo:error_budget_remaining:ratio{LABELS} - {1 - 0.1 * 30 / 410 / BUDGET}) < bool 0.02"
    holds(
        tmp_path,
        "30d",
        {
            "interval": "15s",
            "input_series": [
                {"series": "all_total", "values": f"0+250x{clean + bad + after}"},
                {"series": "good_total", "values": good},
            ],
            "promql_expr_test": [
                *recorded("6h40m", at_the_end),
                *recorded("6h50m", ten_minutes_later),
                {"expr": f"sum({left})", "eval_time": "6h50m", "exp_samples": [{"labels": "{}", "value": 1}]},
            ],
        },
    )
