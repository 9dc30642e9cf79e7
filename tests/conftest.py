from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# How fast examples are made says nothing of the code on a machine that does other work.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden trees instead of comparing")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    asked = bool(request.config.getoption("--update-golden"))
    if asked and os.environ.get("CI"):
        pytest.fail("--update-golden is refused in CI: it would approve whatever was rendered")
    return asked


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: the workers of a run end together when the short tests come last."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many mutants were killed: tests of them carry the property `mutant`, with the runtime."""
    counts: dict[str, list[bool]] = {}
    for status in ("passed", "failed"):
        for report in terminalreporter.stats.get(status, ()):
            for runtime in (value for key, value in report.user_properties if key == "mutant"):
                counts.setdefault(str(runtime), []).append(status == "passed")
    for runtime, killed in sorted(counts.items()):
        rate = 100 * sum(killed) / len(killed)
        terminalreporter.write_line(f"mutants, {runtime}: {sum(killed)} of {len(killed)} killed ({rate:.0f} %)")
