"""Measure what users wait for, each beside something real in the same run, and print ratios.

    python bench/run.py [startup] [render] [check] [reload] [watch] [verify] [up] [simulate] [size]

Docker's measurements need an engine and the images; without one they are left out, and the output says so. All that
is Python runs from compiled modules, as it does once it is installed, whatever the environment says.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import stacks
from timing import Ratio, cpu, pairs, peak_memory, run

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
STACKCTL = str(BIN / "stackctl")
NAME = "stackctl-bench"


def startup(_: Path) -> None:
    """Starting the program, beside importing the library it is built on."""
    imported = [sys.executable, "-c", "import typer"]
    for option in ("--version", "--help"):
        print(
            pairs(
                f"stackctl {option} / import typer", lambda o=option: run([STACKCTL, o]), lambda: run(imported), 1.5, 15
            )
        )


def render(folder: Path) -> None:
    """Rendering at scale, and how it grows from a tenth."""
    tenth, whole = folder / "tenth", folder / "whole"
    stacks.large(tenth, 100, 10, 500, 20)
    stacks.large(whole, 1000, 10, 5000, 200)
    measured = {}
    for place in (tenth, whole):
        measured[place] = peak_memory([STACKCTL, "render", "--out", str(place / "out")], place)
        seconds, memory = measured[place]
        print(f"render, {place.name:<37} {seconds:7.2f} s, {memory:6.0f} MB at most")
    growth = measured[whole][0] / measured[tenth][0]
    print(f"render, ten times as much                    takes {growth:.1f} times as long")


def check(folder: Path) -> None:
    """4,300 rules in 575 files, in processor seconds, beside promtool on the same rules."""
    from stackctl.tools import require

    stacks.rule_files(folder, 575, 4300)
    rules = sorted(str(path) for path in (folder / "rules").iterdir())
    promtool = [str(require("promtool").path), "check", "rules", "--lint=none", *rules]
    ours, theirs = (lambda: cpu([STACKCTL, "check"], folder)), (lambda: cpu(promtool, folder))
    print(pairs("stackctl check / promtool, 4,300 rules", ours, theirs, 3.0, 5))


def reload(folder: Path) -> None:
    """An edit of a rule made live, beside promtool and a bare POST, on each runtime, with few and with many rules."""
    for runtime in runtimes():
        for rules in (1, 1000):
            print(reloads(folder / f"{runtime}-{rules}", runtime, rules))


def reloads(place: Path, runtime: str, rules: int) -> Ratio:
    port = stacks.small(place, NAME, rules)
    run([STACKCTL, "up", "--runtime", runtime], place)
    edits = count(1)

    def ours() -> float:
        stacks.edit_rule(place, next(edits), rules)
        return run([STACKCTL, "reload"], place)

    try:
        return pairs(f"stackctl reload, {runtime}, {rules} rules", ours, lambda: bare(place, runtime, port), 2.0, 10)
    finally:
        run([STACKCTL, "down", "--volumes"], place)


def watch(folder: Path) -> None:
    """From saving a rule to its confirmation by the `stackctl watch` that is at work, beside promtool and a POST."""
    for runtime in runtimes():
        for rules in (1, 1000):
            print(watched(folder / f"{runtime}-{rules}", runtime, rules))


def watched(place: Path, runtime: str, rules: int) -> Ratio:
    port = stacks.small(place, NAME, rules)
    run([STACKCTL, "up", "--runtime", runtime], place)
    edits = count(1)
    with subprocess.Popen(
        [STACKCTL, "watch"], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as watching:
        assert watching.stdout

        def confirmed() -> None:
            while not next(watching.stdout).startswith("✓".encode()):
                pass

        def ours() -> float:
            begin = time.perf_counter()
            stacks.edit_rule(place, next(edits), rules)
            confirmed()
            return time.perf_counter() - begin

        try:
            confirmed()
            name = f"stackctl watch, {runtime}, {rules} rules"
            return pairs(name, ours, lambda: bare(place, runtime, port), 1.5, 10)
        finally:
            watching.terminate()
            watching.wait()
            run([STACKCTL, "down", "--volumes"], place)


def bare(place: Path, runtime: str, port: int) -> float:
    """What a careful person types: promtool from the server that runs, then the POST."""
    begin = time.perf_counter()
    config = "prometheus/prometheus.yml"
    if runtime == "docker":
        command = [
            "docker",
            "exec",
            f"{NAME}-prometheus-1",
            "promtool",
            "check",
            "config",
            f"/etc/stackctl/current/{config}",
        ]
    else:
        from stackctl.tools import require

        command = [str(require("promtool").path), "check", "config", str(place / ".stackctl/live/current" / config)]
    run(command)
    post = urllib.request.Request(f"http://127.0.0.1:{port}/-/reload", method="POST")
    with urllib.request.urlopen(post) as answer:
        answer.read()
    return time.perf_counter() - begin


def verify(folder: Path) -> None:
    """The proof of 500 targets, 1,000 rules and 600 panels, beside curl asking the same in turn.

    curl asks what verify has asked, once request for request, and once as a shell loop over panels, rules and contracts
    would: each question by itself, where verify asks many with one request. Waiting is from the first look until
    Prometheus has scraped every target once more, by its own account.
    """
    memory, patient = {}, [STACKCTL, "verify", "--timeout", "60s"]
    for series in (10, 1000):
        place = folder / str(series)
        server, targets = stacks.verified(place, NAME)
        with served(targets, series):
            run([STACKCTL, "up", "--runtime", "native"], place)
            try:
                run(patient, place)  # all has been scraped and evaluated twice when this ends
                if series == 10:
                    beside_curl(place, server)
                memory[series] = peak_memory(patient, place)[1]
            finally:
                run([STACKCTL, "down", "--volumes"], place)
    shown = ", ".join(f"{megabytes:.0f} MB with {series}" for series, megabytes in memory.items())
    print(f"verify at most takes {shown} series for each of 500 targets")


def beside_curl(place: Path, server: int) -> None:
    """Print how long verify takes, how long of that it waits, and how long curl takes for its requests."""
    seen = place / "requests"
    for _ in range(3):
        total = run([sys.executable, str(HERE / "recorder.py"), str(seen), "verify"], place)
        ended, asked = time.time(), [line.split() for line in seen.read_text().splitlines()]
        looked = next(float(at) for at, _, url in asked if "/api/v1/targets" in url)
        waited = scraped_again(server, looked, ended) - looked
        (place / "urls").write_text("".join(f"{url}\n" for _, method, url in asked if method == "GET"))
        single = Path(f"{seen}.single")
        same, each = by_curl(place / "urls"), by_curl(single)
        work = total - waited
        verdict = "within" if work < 5 else "OVER"
        print(f"verify {total:.2f} s: waits {waited:.2f} s, works {work:.2f} s   (goal 5 s: {verdict})")
        print(f"  its {len(asked)} requests by curl: {same:.2f} s, {same / work:.1f} times")
        verdict = "within" if each / work >= 10 else "OVER"
        count = len(single.read_text().splitlines())
        print(f"  its {count} questions by curl: {each:.2f} s, {each / work:.1f} times   (goal 10: {verdict})")


def by_curl(urls: Path) -> float:
    """The seconds that a shell loop takes to ask all `urls`, one after another."""
    loop = 'while read -r url; do curl --silent --globoff --output /dev/null "$url" || exit 1; done'
    return run(["sh", "-c", f"{loop} < '{urls}'"])


def scraped_again(server: int, since: float, until: float) -> float:
    """When the last target had its first scrape after `since`, in Unix time."""
    url = f"http://127.0.0.1:{server}/api/v1/query?query=up%5B{until - since:.0f}s%5D&time={until}"
    with urllib.request.urlopen(url) as answer:
        found = json.load(answer)["data"]["result"]
    return float(max(min(at for at, _ in each["values"] if at > since) for each in found))


@contextmanager
def served(port: int, series: int) -> Iterator[None]:
    """The targets of `stacks.verified`, until the end of the block."""
    command = [sys.executable, str(HERE / "served.py"), str(port), str(series)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


def up(folder: Path) -> None:
    """Bringing the stack up on Docker, beside Compose on the same tree."""
    if "docker" not in runtimes():
        return
    place = folder / "up"
    stacks.small(place, NAME)
    run([STACKCTL, "render", "--runtime", "docker", "--out", "tree"], place)
    compose = ["docker", "compose", "--project-name", f"{NAME}-compose", "--file", "tree/compose.yaml"]

    def with_stackctl() -> float:
        seconds = run([STACKCTL, "up", "--runtime", "docker"], place)
        run([STACKCTL, "down", "--volumes"], place)
        return seconds

    def with_compose() -> float:
        seconds = run([*compose, "up", "--detach", "--wait"], place)
        run([*compose, "down", "--volumes"], place)
        return seconds

    print(pairs("stackctl up / docker compose up --wait", with_stackctl, with_compose, 1.15, 5))
    run([STACKCTL, "up", "--runtime", "docker"], place)
    try:
        again = sorted(run([STACKCTL, "up"], place) for _ in range(5))[2]
        print(f"{'stackctl up, unchanged':<44} {again:7.3f} s   (goal 1 s: {'within' if again < 1 else 'OVER'})")
    finally:
        run([STACKCTL, "down", "--volumes"], place)


def simulate(folder: Path) -> None:
    """The share of a core that it takes to simulate 10,000 series, scraped each second."""
    port = stacks.contract(folder, 10_000)
    command = [STACKCTL, "simulate"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "control" not in process.stdout.readline():
            pass
        try:
            series, scrapes = scraped(port), 20
            before, begin = cpu_seconds(process.pid), time.perf_counter()
            for each in range(1, scrapes + 1):
                scraped(port)
                time.sleep(max(begin + each - time.perf_counter(), 0))
            share = (cpu_seconds(process.pid) - before) / (time.perf_counter() - begin)
        finally:
            process.terminate()
    verdict = "within" if share < 1 else "OVER"
    print(f"stackctl simulate, {series} series each second   {share:7.1%} of a core   (goal one core: {verdict})")


def size(folder: Path) -> None:
    """Memory and log of a Prometheus that scrapes 10,000, 100,000 and 1,000,000 series of `simulate`, after minutes."""
    for targets, interval, minutes in ((1, 15, 2), (10, 15, 2), (100, 30, 4)):
        place, server = folder / str(targets), stacks.free_port()
        stacks.contract(place, 10_000, targets, f"prometheus: {{listen: {server}, scrape_interval: {interval}s}}")
        with simulated(place):
            run([STACKCTL, "up", "--runtime", "native"], place)
            try:
                time.sleep(minutes * 60)  # it is measured after so many scrapes, not once something is there
                page = metrics(server)
            finally:
                run([STACKCTL, "down", "--volumes"], place)
        series, samples = (
            page["prometheus_tsdb_head_series"],
            page['prometheus_tsdb_head_samples_appended_total{type="float"}'],
        )
        memory, log = page["process_resident_memory_bytes"], page["prometheus_tsdb_wal_storage_size_bytes"]
        print(
            f"Prometheus, {series:9,.0f} series   {memory / 2**20:6,.0f} MiB of memory, {memory / series:6,.0f} bytes "
            f"for each; {log / samples:.1f} bytes of log for each sample"
        )


@contextmanager
def simulated(folder: Path) -> Iterator[None]:
    """`stackctl simulate` of a folder, while the block runs."""
    with subprocess.Popen([STACKCTL, "simulate"], cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "control" not in process.stdout.readline():
            pass
        try:
            yield
        finally:
            process.terminate()


def metrics(port: int) -> dict[str, float]:
    """The metrics of a server at a port of loopback."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def scraped(port: int) -> int:
    """Scrape once as Prometheus does, and count the series."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"}
    )
    with urllib.request.urlopen(request) as answer:
        return sum(not line.startswith(b"#") for line in answer.read().splitlines())


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def runtimes() -> list[str]:
    """The runtimes of this machine; a missing one is said once."""
    engine = (
        shutil.which("docker") and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    )
    if not engine:
        print("no Docker engine answers: its measurements are left out")
    return ["docker", "native"] if engine else ["native"]


MEASUREMENTS: dict[str, Callable[[Path], None]] = {
    "startup": startup,
    "render": render,
    "check": check,
    "reload": reload,
    "watch": watch,
    "verify": verify,
    "up": up,
    "simulate": simulate,
    "size": size,
}


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="stackctl-bench-") as compiled:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        measure(names)


def measure(names: list[str]) -> None:
    for name in names or MEASUREMENTS:
        with tempfile.TemporaryDirectory(prefix="stackctl-bench-") as folder:
            MEASUREMENTS[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
