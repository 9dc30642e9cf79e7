from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from stackctl import redaction

# How fast examples are made says nothing of the code on a machine that does other work.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
# Where hypothesis keeps the settings of a test.
_SETTINGS = "_hypothesis_internal_use_settings"


@pytest.fixture(autouse=True)
def no_known_secrets() -> None:
    """What is a secret in one test is a word in the next."""
    redaction.forget()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden trees instead of comparing")
    parser.addoption("--quick", action="store_true", help="try a fifth of the examples of each test of many")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    asked = bool(request.config.getoption("--update-golden"))
    if asked and os.environ.get("CI"):
        pytest.fail("--update-golden is refused in CI: it would approve whatever was rendered")
    return asked


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long: the workers of a run end together when the short tests come last."""
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in ("long", "e2e")])
    if config.getoption("--quick"):
        _try_fewer_examples({item.function for item in items if isinstance(item, pytest.Function)})
        _leave_out(config, items)


def _leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a fifth of the tests marked `many`, always the same, and report the others as deselected."""
    left_out = [item for item in items if item.get_closest_marker("many") and crc32(item.nodeid.encode()) % 5]
    config.hook.pytest_deselected(items=left_out)
    dropped = {*left_out}
    items[:] = [item for item in items if item not in dropped]


def _try_fewer_examples(tests: Iterable[Any]) -> None:
    """Let generated tests try a fifth of their examples. All of them are tried wherever it is not asked for: in CI."""
    for test in filter(is_hypothesis_test, tests):
        asked = getattr(test, _SETTINGS, settings.default)
        setattr(test, _SETTINGS, settings(asked, max_examples=max(asked.max_examples // 5, 5)))


def pytest_collection_finish() -> None:
    """Do not look through what was collected, which stays, again and again: that is a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


# The property of a report -> what its test says of it when it passes.
RATES = {"mutant": ("mutants", "killed"), "benign": ("benign variants", "green")}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many mutants were killed and how many benign variants stayed green.

    Their tests carry the property `mutant` or `benign`, with where they ran.
    """
    counts: dict[tuple[str, str], list[bool]] = {}
    for status in ("passed", "failed"):
        for report in terminalreporter.stats.get(status, ()):
            for name, where in report.user_properties:
                if name in RATES:
                    counts.setdefault((name, str(where)), []).append(status == "passed")
    for (name, where), passed in sorted(counts.items()):
        rate, (what, how) = 100 * sum(passed) / len(passed), RATES[name]
        terminalreporter.write_line(f"{what}, {where}: {sum(passed)} of {len(passed)} {how} ({rate:.0f} %)")
