"""A small real stack on which commands are interrupted, and what must hold afterwards."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.runtimes.select import reopen_runtime
from stackctl.state import State
from tests.ports import free_port
from tests.program import Program

UNITS = (c.ALERTMANAGER, c.PROMETHEUS, c.PUSHGATEWAY)
MANIFEST = """\
version: 1
name: {name}
prometheus:
  {{listen: "127.0.0.1:{prometheus}", scrape_interval: 1s, evaluation_interval: 1s, remote_write_receiver: true{flag}}}
alertmanager:
  listen: 127.0.0.1:{alertmanager}
  receivers:
    oncall: {{webhook: {{url: "http://127.0.0.1:9/"}}}}
{receiver}
pushgateway: {{listen: "127.0.0.1:{pushgateway}"}}
services:
  own: {{targets: ["localhost:{pushgateway}"]}}
rules: [{{file: rules.yml}}]
"""
RULES = "groups:\n  - name: g\n    rules:\n      - {alert: Old, expr: 'up{job=\"own\"} == 0', for: 1m}\n"
NEW_RULE = "      - {{alert: New, expr: up == {number}}}\n"
NEW_RECEIVER = '    night: {webhook: {url: "http://127.0.0.1:8/"}}'


_TYPES = {"/api/v1/write": "application/x-protobuf", "/api/v2/silences": "application/json"}


@dataclass
class Bench:
    """A stack in a folder of its own. `marks` counts the values that have been pushed to it."""

    folder: Path
    runtime: str
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in UNITS})
    marks: int = 0
    takes_over: bool = False
    backed_up: Mark = field(default_factory=lambda: Mark(0, 0.0))
    _apart: dict[str, bytes] = field(default_factory=dict)
    _story: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"stackctl-fault-{self.ports[c.PROMETHEUS]}"

    @property
    def state(self) -> State:
        return State.beside(self.folder / c.MANIFEST)

    @property
    def backup(self) -> Path:
        return self.folder / "backup.tar.gz"

    def write(self, *, is_new: bool = False, flag: str = "") -> None:
        """The manifest: the good state, or an edit of rules and receivers, or of a flag too."""
        # Another number each time: a generation that is there already would not be written.
        new = NEW_RULE.format(number=self.marks + 7) if is_new else ""
        (self.folder / "rules.yml").write_text(RULES + new)
        receiver = NEW_RECEIVER if is_new else ""
        flag += ", data: {from: ./old}" if self.takes_over else ""
        text = MANIFEST.format(name=self.name, flag=flag, receiver=receiver, **self.ports)
        (self.folder / c.MANIFEST).write_text(text)

    def set_apart(self) -> None:
        """Make the data of Prometheus, which does not run, that of another one, which the stack takes over."""
        old, own = self.folder / "old", self.state.root / "data" / c.PROMETHEUS
        shutil.rmtree(old, ignore_errors=True)
        if self.runtime == c.NATIVE:
            shutil.move(own, old)
        else:
            volume = f"{self.name}_{c.PROMETHEUS}-data"
            old.mkdir()
            image = registry.component(c.PROMETHEUS).image
            made = subprocess.check_output(["docker", "create", "-v", f"{volume}:/from", image], text=True).strip()
            subprocess.run(["docker", "cp", "--archive", f"{made}:/from/.", str(old)], check=True, capture_output=True)
            subprocess.run(["docker", "rm", made], check=True, capture_output=True)
            subprocess.run(["docker", "volume", "rm", volume], check=True, capture_output=True)
        self.takes_over, self._apart = True, self._old()
        self.write()

    def is_as_it_was(self) -> bool:
        """Return whether what was set apart is what it was then."""
        return not self.takes_over or self._old() == self._apart

    def _old(self) -> dict[str, bytes]:
        old = self.folder / "old"
        return {str(path.relative_to(old)): path.read_bytes() for path in old.rglob("*") if path.is_file()}

    @cached_property
    def program(self) -> Program:
        return Program("tests.faults.child", self._environment)

    def run(self, *arguments: str, plan: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command, with a fault when there is a `plan`."""
        command = ["-f", str(self.folder / c.MANIFEST), *arguments]
        ran = self.program.run(command, env=self._environment, more=[str(self.folder), plan])
        self._story.append(f"$ {' '.join(arguments)} {plan} -> {ran.returncode}\n{ran.stdout}{ran.stderr}")
        return ran

    def story(self) -> str:
        """What the commands since the last mark have said, and the ends of the units' logs."""
        logs = sorted(self.state.root.glob("logs/*.log"))
        ends = [f"{log.name}: {line}\n" for log in logs for line in log.read_text().splitlines()[-2:]]
        return "".join([*self._story, *ends])

    def must(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        ran = self.run(*arguments)
        if ran.returncode:
            raise Violation(f"{' '.join(arguments)} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
        return ran

    @property
    def _environment(self) -> dict[str, str]:
        """Natively as on a machine without Docker, which would only take time."""
        folders = os.environ["PATH"].split(os.pathsep)
        kept = [each for each in folders if self.runtime == c.DOCKER or not Path(each, "docker").exists()]
        return {**os.environ, "PATH": os.pathsep.join(kept)}

    # -- what the servers say ---------------------------------------------------------------------------------

    def ask(self, unit: str, path: str, body: bytes | None = None, method: str = "") -> str:
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[unit]}{path}", body, method=method or None)
        if body is not None:
            request.add_header("Content-Type", _TYPES.get(path, "text/plain"))
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())

    def running(self) -> tuple[str, ...]:
        runtime = reopen_runtime(self.runtime, self.name, self.state.root)
        return tuple(one.name for one in runtime.observe() if one.state == "running")

    def loaded(self) -> tuple[bool, bool]:
        """Whether Prometheus and Alertmanager work by the edit."""
        rules = json.loads(self.ask(c.PROMETHEUS, "/api/v1/rules"))["data"]["groups"]
        receivers = json.loads(self.ask(c.ALERTMANAGER, "/api/v2/receivers"))
        names = {rule["name"] for group in rules for rule in group["rules"]}
        return "New" in names, "night" in {receiver["name"] for receiver in receivers}

    def drill_is_left(self) -> bool:
        rules = json.loads(self.ask(c.PROMETHEUS, "/api/v1/rules"))["data"]["groups"]
        receivers = json.loads(self.ask(c.ALERTMANAGER, "/api/v2/receivers"))
        is_led = any(receiver["name"].startswith("drill-") for receiver in receivers)
        return is_led or any("drill" in group["file"] for group in rules)

    def mark(self) -> Mark:
        """Acknowledged data: a pushed metric, a silence, and a sample by remote write.

        Written, because a Prometheus that has just been started scrapes nothing for five seconds.
        """
        self.marks += 1
        self._story.clear()
        number = self.marks
        self.ask(c.PUSHGATEWAY, "/metrics/job/marks", f"mark {number}\n".encode(), "PUT")
        now = datetime.now(timezone.utc)
        silence = {
            "matchers": [{"name": "alertname", "value": "Marked", "isRegex": False}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=9)).isoformat(),
            "createdBy": "test",
            "comment": f"mark {number}",
        }
        self.ask(c.ALERTMANAGER, "/api/v2/silences", json.dumps(silence).encode())
        at = time.time()
        self.ask(c.PROMETHEUS, "/api/v1/write", _snappy(_write_request("written_mark", number, at)))
        return Mark(number, at)

    def has(self, mark: Mark) -> tuple[bool, bool, bool]:
        """Whether Prometheus, Alertmanager and Pushgateway have what they have acknowledged."""
        silences = json.loads(self.ask(c.ALERTMANAGER, "/api/v2/silences"))
        pushed = re.search(r"^mark\{[^}]*\} (\d+)$", self.ask(c.PUSHGATEWAY, "/metrics"), re.MULTILINE)
        return (
            self._sample(mark.at) == mark.number,
            f"mark {mark.number}" in {each["comment"] for each in silences},
            pushed is not None and int(pushed[1]) == mark.number,
        )

    def _sample(self, at: float) -> int:
        query = urlencode({"query": "written_mark", "time": f"{at:.3f}"})
        found = json.loads(self.ask(c.PROMETHEUS, f"/api/v1/query?{query}"))["data"]["result"]
        return int(float(found[0]["value"][1])) if found else 0

    # -- what is left on disk ---------------------------------------------------------------------------------

    def leftovers(self) -> list[str]:
        """Names that only something unfinished has."""
        root = self.state.root
        folders = (self.folder, root, root / "live", root / "live" / "generations", root / "data")
        names = [path for folder in folders for path in folder.glob(".*")]
        found = [
            str(path.relative_to(self.folder)) for path in names if re.match(r"\.(tmp|aside|moving|done)", path.name)
        ]
        found += [str(path.relative_to(self.folder)) for path in (root / "data/prometheus/snapshots").glob("*")]
        return found + (["journal.json"] if (root / "journal.json").exists() else [])


def _write_request(name: str, value: float, at: float) -> bytes:
    """A request of Prometheus' remote write 1.0, with one sample of one series at a Unix time."""
    label = _field(1, b"__name__") + _field(2, name.encode())
    sample = b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(int(at * 1000))
    return _field(1, _field(1, label) + _field(2, sample))


def _field(number: int, content: bytes) -> bytes:
    """A field of a protocol buffer that has a length."""
    return bytes([number << 3 | 2, len(content)]) + content


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _snappy(content: bytes) -> bytes:
    """Snappy's block format, uncompressed: the length, and one literal."""
    assert len(content) <= 60, "a longer literal has another tag"
    return bytes([len(content), (len(content) - 1) << 2]) + content


class Violation(Exception):
    """Something that must hold does not."""


@dataclass(frozen=True)
class Mark:
    """The number that was pushed, and a Unix time at which it had been scraped."""

    number: int
    at: float


@contextmanager
def bench(folder: Path, runtime: str) -> Iterator[Bench]:
    """A bench whose stack is up, and whose backup was taken after its first mark."""
    folder.mkdir(parents=True)
    made = Bench(folder, runtime)
    made.write()
    try:
        made.must("up", "--runtime", runtime)
        made.backed_up = made.mark()
        made.must("backup", str(made.backup))
        yield made
    finally:
        with suppress(subprocess.TimeoutExpired):
            made.run("down", "--volumes")
        made.program.close()
