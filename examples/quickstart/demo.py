"""The quickstart, played from end to end with the real commands: what `make demo` and `make demo-down` run.

    python demo.py up [--runtime auto|docker|native]
    python demo.py down

It plays on a copy of the example in `.demo/` at the top of the clone (or in STACKCTL_DEMO_DIR), so that neither the
edit of a rule nor another choice of ports touches the example itself.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from stackctl.errors import StackctlError, Unavailable
from stackctl.runtimes.native import process
from stackctl.runtimes.ports import refusal
from stackctl.wait import wait_until

EXAMPLE = Path(__file__).resolve().parent
CLONE = EXAMPLE.parents[1]
HOME = Path(os.environ.get("STACKCTL_DEMO_DIR") or CLONE / ".demo").absolute()
STACKCTL = Path(sys.executable).with_name("stackctl")

COPIED = ("stack.yml", "app.py", "rules", "dashboards")
LOOPBACK = "127.0.0.1"
# The ports in the example's manifest, by what listens there.
PORTS = {"app": 8000, "prometheus": 9090, "alertmanager": 9093, "grafana": 3000}
TOOLS = ("prometheus", "promtool", "alertmanager", "amtool")
RULE, BEFORE, AFTER = "HighErrorRatio", "> 0.05", "> 0.02"
TRAFFIC_PER_SECOND = 10
APP_SECONDS = 10.0
ENGINE_SECONDS = 5.0
UNAVAILABLE = 3


@dataclass
class Demo:
    """What is kept in `.demo/demo.json` from one run to the next. `pid` is 0 while the application does not run."""

    runtime: str
    ports: dict[str, int]
    hosts: list[str]
    pid: int = 0
    started: str = ""

    @property
    def app(self) -> process.Entry:
        return process.Entry(self.pid, self.started, "")

    def address(self, name: str) -> str:
        return f"{LOOPBACK}:{self.ports[name]}"

    def save(self) -> None:
        (HOME / "demo.json").write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def kept(cls) -> Demo | None:
        path = HOME / "demo.json"
        return cls(**json.loads(path.read_text())) if path.exists() else None


def up(wanted: str) -> int:
    """Play the whole demo. Returns the exit code of the first command that failed, else 0."""
    demo = Demo.kept() or prepare(wanted)
    copy(demo)
    step("Have the servers" if demo.runtime == "native" else "Use Docker")
    if demo.runtime == "native" and stackctl("tools", "install", *TOOLS):
        say("Not everything can be had on this machine; the demo goes on without it.")
    step("Start the shop")
    start_app(demo)
    step("Bring up the stack")
    require(stackctl("up", "--runtime", demo.runtime, "--allow-missing"))
    step("Edit an alert, and reload")
    edit_rule(demo)
    step("Verify that everything declared works")
    code = stackctl("verify", "--output", "json", "--out", "verify.json")
    show(demo, json.loads((HOME / "verify.json").read_text()) if code in (0, 1) else None)
    return code


def down() -> int:
    """Stop what `up` has started, and remove it with its data."""
    demo = Demo.kept()
    if demo is None:
        shutil.rmtree(HOME, ignore_errors=True)  # a first `up` that did not get far
        print("nothing to stop")
        return 0
    step("Stop the stack and remove its data")
    require(stackctl("down", "--volumes"))
    step("Stop the shop")
    stop_app(demo)
    shutil.rmtree(HOME)
    return 0


# -- the copy -------------------------------------------------------------------------------------------------


def prepare(wanted: str) -> Demo:
    """Choose the runtime, and free ports, for a demo that has not been played yet."""
    runtime = ("docker" if engine_answers() else "native") if wanted == "auto" else wanted
    hosts = [LOOPBACK, *(gateway() if runtime == "docker" else [])]
    ports: dict[str, int] = {}
    for name, usual in PORTS.items():
        ports[name] = free_port(usual, hosts if name == "app" else [LOOPBACK], [*PORTS.values(), *ports.values()])
        if ports[name] != usual:
            say(f"Port {usual} is taken, so {name} gets {ports[name]}.")
    return Demo(runtime, ports, hosts)


def copy(demo: Demo) -> None:
    """Put a fresh copy of the example into `.demo/`, with the ports of this demo and a name of its own."""
    HOME.mkdir(parents=True, exist_ok=True)
    demo.save()
    for name in COPIED:
        source = EXAMPLE / name
        if source.is_dir():
            shutil.copytree(source, HOME / name, dirs_exist_ok=True)
        else:
            shutil.copy(source, HOME / name)
    manifest = HOME / "stack.yml"
    # Two clones on one machine are two stacks, and Docker tells them apart by their names.
    tag = hashlib.sha256(str(HOME).encode()).hexdigest()[:6]
    text = manifest.read_text().replace("name: quickstart\n", f"name: quickstart-{tag}\n")
    ports = {str(usual): str(demo.ports[name]) for name, usual in PORTS.items()}
    text = re.sub(r"\b(127\.0\.0\.1|localhost):(\d+)", lambda m: f"{m[1]}:{ports.get(m[2], m[2])}", text)
    manifest.write_text(text)


def free_port(usual: int, hosts: list[str], spoken_for: list[int]) -> int:
    """The usual port, or the next one that is free on all of `hosts` and nobody else's."""
    candidates = [usual, *(port for port in range(usual + 1, 65536) if port not in spoken_for)]
    for port in candidates:
        if not any(refusal(f"{host}:{port}") for host in hosts):
            return port
    raise Unavailable.of("no port is free on this machine")


def engine_answers() -> bool:
    """Whether a Docker engine and Compose 2 are here."""
    return bool(ask_docker("info", "--format", "{{.ServerVersion}}") and ask_docker("compose", "version"))


def gateway() -> list[str]:
    """The address under which containers reach this machine, when it is one of this machine's own.

    `host-gateway` is the gateway of the default bridge. Where Docker runs in a virtual machine that address is not
    here, and what listens on loopback is forwarded.
    """
    found = ask_docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
    return [found] if found and refusal(f"{found}:0") is None else []


def ask_docker(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=ENGINE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


# -- the shop -------------------------------------------------------------------------------------------------


def start_app(demo: Demo) -> None:
    """Start the application detached, unless it runs, and wait until it is ready."""
    if demo.pid and process.is_alive(demo.app):
        say(f"It runs already: pid {demo.pid}.")
        return
    listen = [word for host in demo.hosts for word in ("--listen", f"{host}:{demo.ports['app']}")]
    command = [sys.executable, "app.py", *listen, "--traffic", str(TRAFFIC_PER_SECOND)]
    print(f"$ {shlex.join(['python', *command[1:]])} > app.log &", flush=True)
    with (HOME / "app.log").open("ab") as log:
        app = subprocess.Popen(
            command, cwd=HOME, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    demo.pid, demo.started = app.pid, process.start_time(app.pid)
    demo.save()
    url = f"http://{demo.address('app')}/health/ready"
    ready = wait_until(lambda: answers(url), lambda seen: seen or app.poll() is not None, APP_SECONDS, what=url)
    if not ready:
        raise Unavailable.of("the shop has ended at once", cause=last_line(HOME / "app.log"))
    say(f"The shop is open at http://{demo.address('app')}/ with {TRAFFIC_PER_SECOND} requests per second.")


def stop_app(demo: Demo) -> None:
    process.send(demo.app, signal.SIGTERM)
    wait_until(lambda: process.is_alive(demo.app), lambda alive: not alive, APP_SECONDS, what="the shop to close")
    say("The shop is closed.")


def answers(url: str) -> bool:
    try:
        get(url)
    except OSError:
        return False
    return True


def get(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as answer:
        return bytes(answer.read())


def last_line(path: Path) -> str:
    return next((line for line in reversed(path.read_text().splitlines()) if line), "")


# -- the rule -------------------------------------------------------------------------------------------------


def edit_rule(demo: Demo) -> None:
    """Lower an alert's threshold in the copy, reload, and let Prometheus say what it had and what it has."""
    file = HOME / "rules/shop.yml"
    old = loaded_rule(demo)
    text = file.read_text()
    file.write_text(text.replace(BEFORE, AFTER))
    for line in difflib.ndiff(text.splitlines(), file.read_text().splitlines()):
        if line.startswith(("- ", "+ ")):
            say(f"rules/shop.yml: {line[0]} {line[2:].strip()}")
    require(stackctl("reload"))
    new = loaded_rule(demo)
    say(f"Prometheus, asked for {RULE}:")
    say(f"  before  {old}")
    say(f"  after   {new}")
    if AFTER not in new:
        raise SystemExit("the edit has not reached Prometheus")


def loaded_rule(demo: Demo) -> str:
    """The expression of the alert, as Prometheus has loaded it."""
    answer = json.loads(get(f"http://{demo.address('prometheus')}/api/v1/rules?type=alert"))
    rules = (rule for group in answer["data"]["groups"] for rule in group["rules"])
    return next(str(rule["query"]) for rule in rules if rule["name"] == RULE)


# -- what is shown --------------------------------------------------------------------------------------------


def show(demo: Demo, report: dict[str, Any] | None) -> None:
    """What was verified, where to look, and how to stop."""
    if report is None:
        return
    print()
    for line in table(report["diagnostics"]):
        print(f"  {line}")
    for check in report["diagnostics"]:
        if check["status"] in ("fail", "warn"):
            print(f"\n  {check['status'].upper()} {check['code']} {check['subject']}: {check['summary']}")
            print(f"       {check['remedy']}")
    ready = {check["subject"]: check for check in report["diagnostics"] if check["code"] == "component.ready"}
    for name, check in ready.items():
        if check["status"] == "skip":
            print(f"\n  SKIPPED {name}: {check['summary']}")
    step("Look around")
    running = {name for name, check in ready.items() if check["status"] == "pass"}
    print(f"  shop          http://{demo.address('app')}/")
    print(f"  Prometheus    http://{demo.address('prometheus')}/alerts")
    if "alertmanager" in running:
        print(f"  Alertmanager  http://{demo.address('alertmanager')}/")
    if "grafana" in running:
        print(f"  Grafana       http://{demo.address('grafana')}/  user admin, password in {password_file()}")
    print(f"\n  Go on in {HOME}: edit a rule, then `{STACKCTL} reload`.")
    print("  Stop it all with `make demo-down`.", flush=True)


def table(checks: list[dict[str, Any]]) -> list[str]:
    """A line for each kind of check: how many passed, failed, or were skipped."""
    words = {"pass": "passed", "fail": "failed", "warn": "warned", "skip": "skipped"}
    counts = Counter((check["code"], check["status"]) for check in checks)
    ids = list(dict.fromkeys(check["code"] for check in checks))
    width = max((len(id) for id in ids), default=0)
    rows = [[id.ljust(width), *(str(counts[id, status] or "-").rjust(7) for status in words)] for id in ids]
    return ["  ".join(["check".ljust(width), *(word.rjust(7) for word in words.values())]), *map("  ".join, rows)]


def password_file() -> str:
    return os.path.relpath(HOME / ".stackctl/secrets/grafana_admin_password")


def step(title: str) -> None:
    bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(f"\n\033[1m== {title}\033[0m" if bold else f"\n== {title}", flush=True)


def say(text: str) -> None:
    print(f"  {text}", flush=True)


# -- the commands ---------------------------------------------------------------------------------------------


def stackctl(*arguments: str) -> int:
    """Run a command of stackctl in the copy, as a user would, and return its exit code."""
    print(f"$ stackctl {shlex.join(arguments)}", flush=True)
    return subprocess.run([str(STACKCTL), *arguments], cwd=HOME, check=False).returncode


def require(code: int) -> None:
    if code:
        give_up(code)


def give_up(code: int) -> NoReturn:
    print("\nThe demo ends here: see above. `make demo-down` removes what it has started.", file=sys.stderr)
    raise SystemExit(code)


def main() -> int:
    parser = argparse.ArgumentParser(description="The quickstart, from end to end.")
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("up", help="play the demo, and leave it running")
    starting.add_argument("--runtime", choices=("auto", "docker", "native"), default="auto")
    commands.add_parser("down", help="stop it, and remove its data")
    arguments = parser.parse_args()
    try:
        return up(arguments.runtime) if arguments.command == "up" else down()
    except StackctlError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\ninterrupted; `make demo-down` removes what was started", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
