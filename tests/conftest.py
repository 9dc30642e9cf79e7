from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from stackctl import redaction

# How fast examples are made says nothing of the code on a machine that does other work.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def no_known_secrets() -> None:
    """What is a secret in one test is a word in the next."""
    redaction.forget()


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
