"""`watch` next to a real stack: good edits are live, bad ones leave it alone."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackctl.wait import wait_until
from tests.e2e.real_stack import BOTH, PATIENCE_SECONDS, Stack, running_stack

pytestmark = pytest.mark.e2e

RULE = "      - {{alert: {name}, expr: scrape_samples_scraped == 7}}\n"


@pytest.fixture(scope="module", params=BOTH)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(request.param, tmp_path_factory.mktemp(f"watch-{request.param}")) as made:
        yield made


@contextmanager
def watching(stack: Stack) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A `watch` at work, and the file of all that it has said."""
    said = stack.folder / "said.txt"
    command = [sys.executable, "-m", "stackctl", "-f", str(stack.folder / "stack.yml"), "watch"]
    with said.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            _until(lambda: "waiting for edits" in said.read_text())
            yield process, said
        finally:
            process.kill()


def _until(holds: Callable[[], bool]) -> None:
    wait_until(holds, bool, PATIENCE_SECONDS)


def test_edits_are_live_a_moment_later_and_bad_ones_change_nothing(stack: Stack) -> None:
    with watching(stack) as (process, said):
        stack.write(rules=RULE.format(name="First"))
        _until(lambda: "First" in stack.loaded_rules())
        replaced = stack.folder / "rules.yml"
        new = replaced.with_suffix(".new")
        new.write_text(replaced.read_text().replace("First", "Second"))
        new.replace(replaced)
        _until(lambda: "Second" in stack.loaded_rules())
        _until(lambda: said.read_text().count("prometheus reloaded") == 2)
        before, loaded = stack.current, stack.loaded_rules()
        stack.write(rules=RULE.format(name="Third").replace("== 7", "== (7"))
        _until(lambda: "not PromQL" in said.read_text())
        assert (stack.current, stack.loaded_rules()) == (before, loaded)
        stack.write(rules=RULE.format(name="Fourth"))
        _until(lambda: "Fourth" in stack.loaded_rules())
        _until(lambda: said.read_text().count("prometheus reloaded") == 3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    stack.verify()


def test_a_transaction_ends_before_the_signal(stack: Stack) -> None:
    with watching(stack) as (process, _):
        before = stack.current
        stack.write(rules=RULE.format(name="Last"))
        _until(lambda: stack.current != before)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert "Last" in stack.loaded_rules()
    assert "has not finished" not in stack.run("check").stderr
