"""`backup` and `restore` as a user types them: what was measured before everything was lost is there again."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from stackctl import backup
from stackctl import conventions as c
from stackctl.runtimes.native import process
from stackctl.runtimes.protocol import DataFile
from stackctl.wait import wait_until
from tests.e2e.real_stack import BOTH, PATIENCE_SECONDS, Stack, need, running_stack, stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.long]
SCRAPES = 5
COMMENT = "while we fix it"


@pytest.fixture(params=BOTH)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    with running_stack(request.param, tmp_path) as made:
        yield made


def samples(stack: Stack, begin: float, end: float) -> list[Any]:
    """Every raw sample of the app that was scraped between two times, by series."""
    query = urlencode({"query": f"shop_requests_total[{int(end - begin)}s]", "time": f"{end:.3f}"})
    found = stack.ask(f"/api/v1/query?{query}")["result"]
    return sorted(([each["metric"], each["values"]] for each in found), key=str)


def measured(stack: Stack) -> tuple[float, float, list[Any]]:
    """A span of time with some scrapes in it, and what was scraped."""
    begin = time.time() - PATIENCE_SECONDS

    def enough(found: list[Any]) -> bool:
        return len(found) == 2 and all(len(values) >= SCRAPES for _, values in found)

    wait_until(lambda: samples(stack, begin, time.time()), enough, PATIENCE_SECONDS, what="some scrapes")
    end = time.time() - 1
    return begin, end, samples(stack, begin, end)


def silence(stack: Stack) -> None:
    now = datetime.now(timezone.utc)
    body = {
        "matchers": [{"name": "alertname", "value": "ShopDown", "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": COMMENT,
    }
    url = f"http://127.0.0.1:{stack.ports[c.ALERTMANAGER]}/api/v2/silences"
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    urllib.request.urlopen(request, timeout=PATIENCE_SECONDS).close()


def silences(stack: Stack) -> list[str]:
    url = f"http://127.0.0.1:{stack.ports[c.ALERTMANAGER]}/api/v2/silences"
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return [each["comment"] for each in json.load(answer)]


def snapshots(stack: Stack) -> list[str]:
    """What is left in the folder of Prometheus' snapshots."""
    if stack.runtime == "native":
        return [path.name for path in (stack.folder / ".stackctl/data/prometheus/snapshots").iterdir()]
    command = ["docker", "exec", f"{stack.name}-prometheus-1", "ls", "/prometheus/snapshots"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_restore_brings_back_what_was_lost(stack: Stack) -> None:
    silence(stack)
    begin, end, before = measured(stack)
    file = stack.folder / "b.tar.gz"
    assert "prometheus, alertmanager, pushgateway" in stack.run("backup", str(file)).stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert snapshots(stack) == []
    assert silences(stack) == [COMMENT]
    assert [path.name for path in stack.folder.iterdir() if path.name.startswith(".tmp")] == []

    stack.run("down", "--volumes")
    stack.run("restore", str(file), "--runtime", stack.runtime)
    assert stack.run("status").stdout == "nothing is running\n"
    stack.up()
    assert samples(stack, begin, end) == before
    assert silences(stack) == [COMMENT]


def test_a_running_stack_is_replaced_with_force_only(stack: Stack) -> None:
    begin, end, before = measured(stack)
    file = stack.folder / "b.tar.gz"
    stack.run("backup", str(file))
    silence(stack)
    refused = stack.run("restore", str(file), code=2)
    assert "use --force" in refused.stderr
    assert silences(stack) == [COMMENT]
    stack.run("restore", str(file), "--force")
    assert samples(stack, begin, end) == before
    assert silences(stack) == []


def test_a_damaged_backup_changes_nothing(stack: Stack) -> None:
    file = stack.folder / "b.tar.gz"
    stack.run("backup", str(file))
    file.write_bytes(file.read_bytes()[:-100])
    silence(stack)
    refused = stack.run("restore", str(file), "--force", code=2)
    assert "cannot be restored" in refused.stderr
    assert silences(stack) == [COMMENT]


def test_failed_restore_puts_the_old_data_back(stack: Stack) -> None:
    """The archive is sound, and still cannot be unpacked: no disk takes a name that long."""
    begin, end, before = measured(stack)
    silence(stack)
    good, bad = stack.folder / "good.tar.gz", stack.folder / "bad.tar.gz"
    stack.run("backup", str(good))

    def with_one_more() -> Iterator[tuple[str, DataFile]]:
        for unit in label.units:
            yield from ((unit, each) for each in backup.contents(good, unit))
        with good.open("rb") as content:
            yield c.PUSHGATEWAY, DataFile("x" * 300, 1, 0o600, content)

    label = backup.verify(good)
    with bad.open("wb") as out:
        backup.pack(out, label, with_one_more())
    stack.run("restore", str(bad), "--force", code=3)
    assert samples(stack, begin, end) == before
    assert silences(stack) == [COMMENT]


@pytest.mark.docker
@pytest.mark.native
@pytest.mark.parametrize(("first", "second"), [("native", "docker"), ("docker", "native")])
def test_backup_moves_between_the_runtimes(first: str, second: str, tmp_path: Path) -> None:
    need(second)
    with running_stack(first, tmp_path) as stack:
        silence(stack)
        begin, end, before = measured(stack)
        file = stack.folder / "b.tar.gz"
        stack.run("backup", str(file))
        stack.run("down", "--volumes")
        stack.run("restore", str(file), "--runtime", second)
        stack.run("up", "--runtime", second)
        assert samples(stack, begin, end) == before
        assert silences(stack) == [COMMENT]


def test_backup_exits_with_3_without_a_running_stack(stack: Stack) -> None:
    file = stack.folder / "b.tar.gz"
    stack.run("down")
    assert "is not running" in stack.run("backup", str(file), code=3).stderr
    assert not file.exists()


def test_names_a_prometheus_that_does_not_run_or_answer(stack: Stack) -> None:
    file = stack.folder / "b.tar.gz"
    stack.stop(c.PROMETHEUS)
    said = stack.run("backup", str(file), code=3).stderr
    assert said.startswith("unavailable: Prometheus is not running, and a backup begins with its snapshot\n")
    assert "Run `stackctl up`" in said
    stack.up()
    if stack.runtime == "native":
        entry = process.read(stack.folder / ".stackctl" / "pids" / "prometheus.pid")
        assert entry
        os.kill(entry.pid, signal.SIGSTOP)
        try:
            said = stack.run("backup", str(file), code=3).stderr
        finally:
            os.kill(entry.pid, signal.SIGCONT)
        assert f"Prometheus does not answer at 127.0.0.1:{stack.ports[c.PROMETHEUS]}" in said
    assert not file.exists()


def test_names_a_server_that_has_ended(stack: Stack) -> None:
    file = stack.folder / "b.tar.gz"
    stack.stop(c.ALERTMANAGER)
    said = stack.run("backup", str(file), code=3).stderr
    assert said == (
        "unavailable: alertmanager is not running, so its data would be missing\n"
        "help: Run `stackctl up` to start it. `stackctl logs alertmanager` shows why it stopped.\n"
        "\nTo read more: stackctl explain backup.incomplete\n"
    )
    assert not file.exists()
    stack.up()


def test_a_folder_that_is_missing_is_named_before_anything_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "b.tar.gz"
    ran = stackctl("-f", str(tmp_path / "stack.yml"), "backup", str(file))
    assert ran.returncode == 2
    assert ran.stderr == (
        f"error: cannot write {file}: {file.parent} does not exist\nhelp: Run `mkdir -p {file.parent}`.\n\n"
        "To read more: stackctl explain file.cannot-write\n"
    )
