"""A past for the showcase: what `simulate` would have served, scrape by scrape, in the storage of a real Prometheus."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackctl.access import Access
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.manifest import load
from stackctl.model import Contract, Service, Stack
from stackctl.render.rules import groups
from stackctl.simulate.exporters import simulated_exporters
from stackctl.simulate.service import SimulatedClock, SimulatedService
from stackctl.tools import locate
from stackctl.wait import wait_until

HERE = Path(__file__).parent
SEED = 7
_SERVES = "-serves"
# Jobs begin so long before the first scrape that is kept, so that they have counted something and run for a while.
_WARM_SECONDS = 3600.0
# Rules are evaluated over the past so often, in seconds.
_EVERY = 60.0


@dataclass(frozen=True)
class Period:
    """Scrapes from `start` to `end` (Unix time), one every `step` seconds."""

    start: float
    end: float
    step: float

    @property
    def times(self) -> list[float]:
        return [self.start + n * self.step for n in range(int((self.end - self.start) / self.step) + 1)]


@dataclass(frozen=True)
class Job:
    """A job with the addresses of its targets, and what they serve."""

    name: str
    instances: tuple[str, ...]
    contract: Contract


# Jobs with the period in which they were scraped.
Scraped = tuple[Period, Sequence[Job]]


def jobs(stack: Stack) -> list[Job]:
    """The jobs of the showcase that have series: services, exporters and components."""
    components = load(HERE / "components.yml", {}).services
    simulated = [*simulated_exporters(stack), *components]
    declared = [service for service in stack.services if service.targets]
    return [_job(service, service.contract) for service in (*declared, *simulated) if service.contract]


def _job(service: Service, contract: Contract) -> Job:
    instances = tuple(target.address for target in service.targets)
    return Job(service.name.removesuffix(_SERVES), instances, contract)


def lines(job: Job, period: Period, scenario: str = "normal") -> Iterator[str]:
    """The samples of a job, with those that a scrape adds."""
    begin = period.start - _WARM_SECONDS
    now = [begin]
    # The speed makes the steps of the simulation a tenth of those between scrapes.
    clock = SimulatedClock(now[0], speed=period.step * 10, elapsed=lambda: (now[0] - begin) / (period.step * 10))
    simulated = SimulatedService(job.name, job.contract, SEED, clock, scenario)
    expositions = [(address, simulated.instance(address)) for address in job.instances]
    for at in period.times:
        now[0] = at
        reading = simulated.read()
        for address, exposition in expositions:
            labels = f'job="{job.name}",instance="{address}"'
            yield from _scraped(exposition.text(reading, openmetrics=False), labels, at)


def _scraped(text: str, labels: str, at: float) -> Iterator[str]:
    count = 0
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        series, _, value = line.rpartition(" ")
        name, brace, rest = series.partition("{")
        own = labels
        if "pushed_job=" in rest:
            rest, own = rest.replace("pushed_job=", "job="), labels.partition(",")[2]
            value = f"{at - 3600 * (1 + len(rest) % 5):.0f}" if name == "push_time_seconds" else "0"
        count += 1
        yield f"{name}{{{own}{',' + rest if brace else '}'} {value} {at:.3f}"
    yield f"up{{{labels}}} 1 {at:.3f}"
    yield f"scrape_samples_scraped{{{labels}}} {count} {at:.3f}"
    yield f"scrape_duration_seconds{{{labels}}} {0.004 + count * 0.00004:.6f} {at:.3f}"


@contextmanager
def prometheus_with(stack: Stack, periods: Sequence[Scraped], port: int) -> Iterator[Prometheus]:
    """A Prometheus at `port` that holds the samples of the periods, and what the rules make of them."""
    with tempfile.TemporaryDirectory(prefix="stackctl-showcase-") as name:
        folder = Path(name)
        for period, of in periods:
            _write(folder, (line for job in of for line in lines(job, period)))
        (folder / "prometheus.yml").write_text("global: {scrape_interval: 15s}\n")
        for group in (group for file in stack.rules for group in groups(file)):
            for rules in _in_order(group["rules"]):
                with _running(folder, port) as client:
                    _record(client, folder, rules, periods)
        with _running(folder, port) as client:
            yield client


def _write(folder: Path, samples: Iterable[str]) -> None:
    """Add samples to the storage in `folder`."""
    file = folder / "samples.om"
    with file.open("w") as out:
        out.writelines(f"{sample}\n" for sample in samples)
        out.write("# EOF\n")
    blocks = ("--max-block-duration=1000h", str(file), str(folder / "data"))
    _promtool("tsdb", "create-blocks-from", "openmetrics", *blocks)
    file.unlink()


def _in_order(rules: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """The recording rules in rounds: each reads only what was recorded in the rounds before."""
    left = [rule for rule in rules if "record" in rule]
    while left:
        names = {str(rule["record"]) for rule in left}
        ready = [rule for rule in left if not any(name in str(rule["expr"]) for name in names)]
        yield ready or left
        left = [rule for rule in left if rule not in (ready or left)]


def _record(client: Prometheus, folder: Path, rules: Sequence[Mapping[str, Any]], periods: Sequence[Scraped]) -> None:
    """Write what the rules record over the past."""
    start, end = min(period.start for period, _ in periods), max(period.end for period, _ in periods)
    step = max(_EVERY, (end - start) / 5000)
    _write(folder, [
        f"{rule['record']}{{{_labels({**each.labels, **rule.get('labels', {})})}}} {value} {at:.3f}"
        for rule in rules
        for each in client.over(str(rule["expr"]), start, end, step, 1000)
        for at, value in each.points
    ])  # fmt: skip


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items() if name != "__name__")


def _promtool(*arguments: str) -> None:
    done = subprocess.run([_program("promtool"), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"promtool {' '.join(arguments[:3])}: {done.stderr[-2000:]}")


def _program(name: str) -> str:
    tool = locate(name)
    if tool is None:
        raise SystemExit(f"{name} is missing: run `stackctl tools install`")
    return str(tool.path)


@contextmanager
def _running(folder: Path, port: int) -> Iterator[Prometheus]:
    command = [
        _program("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=10y", "--log.level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = Prometheus(Http(Access(f"http://127.0.0.1:{port}")))
    try:
        wait_until(lambda: _is_ready(client), bool, 60, what="Prometheus to be ready")
        yield client
    finally:
        process.terminate()
        process.wait(30)


def _is_ready(client: Prometheus) -> bool:
    try:
        return client.ready().status == 200
    except NoAnswer:
        return False
