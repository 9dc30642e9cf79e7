"""The parts of the runtimes that need no server: ports, processes, logs, and what the engine says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.runtimes import ports
from stackctl.runtimes.checkers import Call, Texts, Verdict
from stackctl.runtimes.docker import containers
from stackctl.runtimes.native import process, tail
from stackctl.runtimes.validation import BadSetting, BadTemplate, Refusal, UnknownField, validate
from stackctl.source import Position
from stackctl.wait import wait_until


def test_a_free_port_must_not_be_refused_and_a_taken_one_must_name_its_holder() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{server.getsockname()[1]}"
        server.listen()
        refusal = ports.refusal(address)
        assert refusal is not None
        assert ports.is_taken(refusal)
        if sys.platform == "linux":
            assert ports.holder(address).pid == os.getpid()
    assert ports.refusal(address) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens without asking another program")
@pytest.mark.parametrize(
    ("command", "said", "shown"),
    [
        ("/usr/bin/docker-proxy -proto tcp", "shop-db-1 (postgres:17)", "the container shop-db-1 (postgres:17)"),
        ("/usr/bin/docker-proxy -proto tcp", "", "pid PID (/usr/bin/docker-proxy -proto tcp)"),
        ("python3 -m http.server", "shop-db-1 (postgres:17)", "pid PID (python3 -m http.server)"),
    ],
)
def test_a_port_of_a_container_names_it_where_docker_tells(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, said: str, shown: str
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\n[ "$3" = "publish=$PORT" ] && echo "{said}"\n')
    docker.chmod(0o755)
    monkeypatch.setattr(ports, "_command", lambda _: command)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.setenv("PORT", str(port))
        assert str(ports.holder(f"127.0.0.1:{port}")) == shown.replace("PID", str(os.getpid()))


def test_the_holder_must_be_named_however_busy_it_is() -> None:
    stop = threading.Event()

    def open_and_close() -> None:
        while not stop.is_set():
            with Path(os.devnull).open():
                pass

    threads = [threading.Thread(target=open_and_close) for _ in range(3)]
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        for thread in threads:
            thread.start()
        try:
            found = {ports.holder(f"127.0.0.1:{server.getsockname()[1]}").pid for _ in range(40)}
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert found == {os.getpid()}


def test_an_address_of_another_machine_is_refused_but_is_not_taken() -> None:
    refusal = ports.refusal("192.0.2.1:9090")
    assert refusal is not None
    assert not ports.is_taken(refusal)


def test_a_process_is_known_by_pid_and_start_time() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        entry = process.Entry(child.pid, process.start_time(child.pid), "spec")
        assert process.is_alive(entry)
        stranger = process.Entry(child.pid, "1", "spec")
        assert not process.is_alive(stranger)
        process.send(stranger, signal.SIGKILL)
        assert child.poll() is None
        process.send(entry, signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
    assert not process.is_alive(entry)


@pytest.mark.parametrize("content", ["", "12\n", "x\n1\nspec\n", "1\n2\n3\n4\n"])
def test_a_damaged_pid_file_counts_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.pid"
    path.write_text(content)
    assert process.read(path) is None


def test_logs_must_be_led_by_their_unit_when_there_are_several(tmp_path: Path) -> None:
    logs = {name: tmp_path / f"{name}.log" for name in ("a", "long")}
    logs["a"].write_text("1\n2\n3\n")
    logs["long"].write_text("4\n")
    assert list(tail.lines(logs, follow=False, tail=2)) == ["a    | 2", "a    | 3", "long | 4"]
    assert list(tail.lines({"a": logs["a"]}, follow=False, tail=None)) == ["1", "2", "3"]


def test_following_must_give_whole_lines_as_they_come(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("old\n")
    lines = tail.lines({"a": log}, follow=True, tail=1)
    assert next(lines) == "old"
    with log.open("a") as out:
        out.write("first\nsec")
        out.flush()
        assert next(lines) == "first"
        out.write("ond\n")
    assert next(lines) == "second"


def refusals(folder: Path, file: str, verdict: Verdict) -> list[Refusal]:
    """What is made of a verdict about a tree that has one file."""
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).touch()
    calls: list[Call] = []

    def run(call: Call) -> Verdict:
        calls.append(call)
        return verdict

    found = validate(folder, Texts(), run)
    assert [call.command("/t")[-1] for call in calls] == [f"/t/{file}"]
    return found


PROMETHEUS = "prometheus/prometheus.yml"


def test_a_checkers_complaint_names_the_file_of_the_tree(tmp_path: Path) -> None:
    assert refusals(tmp_path, PROMETHEUS, Verdict(0, "")) == []
    said = "Checking {tree}/prometheus/prometheus.yml\n  SUCCESS: 1 rule files found\n\n"
    said += "FAILED: {tree}/prometheus/rules/a.yml: bad\n"
    (problem,) = refusals(tmp_path, PROMETHEUS, Verdict(1, said))
    assert str(problem) == (
        "promtool refuses prometheus/prometheus.yml\n"
        "FAILED: prometheus/rules/a.yml: bad\n"
        "help: Fix the reported errors; rule files keep their names from the manifest, below prometheus/rules/."
    )


def test_reports_crash_of_a_checker_without_its_stack(tmp_path: Path) -> None:
    said = "Checking '{tree}/alertmanager/alertmanager.yml'panic: runtime error: nil pointer [recovered, repanicked]\n"
    said += "goroutine 1 [running]:\ngithub.com/prometheus/alertmanager/config.(*SlackConfig).UnmarshalYAML(0x3)\n"
    (problem,) = refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(2, said))
    assert str(problem) == (
        "amtool crashes on alertmanager/alertmanager.yml while it reads a SlackConfig, and so would Alertmanager\n"
        "runtime error: nil pointer\n"
        "help: Remove keys there one by one until it is accepted: some of them are incompatible."
    )


def test_templates_must_be_told_apart_from_what_else_a_checker_refuses(tmp_path: Path) -> None:
    good = "Checking {tree}/prometheus/rules/a.yml\n  SUCCESS: 2 rules found\n"
    bad = (
        '  FAILED:\n{tree}/prometheus/rules/a.yml: group "g: 1", rule 2, "Down": annotation "summary": '
        "template: __alert_Down:1: unclosed action\n"
    )
    template = BadTemplate("prometheus/rules/a.yml", "g: 1", 1, "Down", "annotation", "summary", "unclosed action")
    assert refusals(tmp_path, PROMETHEUS, Verdict(1, good + bad)) == [template]
    assert str(template.at(Position("rules/a.yml", 3, 5))) == (
        "rules/a.yml:3:5: the annotation `summary` of `Down` is not a template: unclosed action\n"
        "promtool refuses prometheus/prometheus.yml: rule 2 of `g: 1`, prometheus/rules/a.yml\n"
        "help: Close `{{` with `}}`."
    )
    other = "  FAILED: {tree}/prometheus/prometheus.yml: unknown field x\n"
    found, rest = refusals(tmp_path, PROMETHEUS, Verdict(1, good + bad + other))
    assert found == template
    assert isinstance(rest, Diagnostic)
    assert "unknown field x" in rest.cause
    assert "unclosed" not in rest.cause


@pytest.mark.parametrize("words", ["bad matcher format: x y=1", "unknown time zone Mars/One"])
def test_keeps_the_reason_of_amtool(tmp_path: Path, words: str) -> None:
    said = f"Checking '{{tree}}/alertmanager/alertmanager.yml'  FAILED: {words}\n\n"
    said += "amtool: error: failed to validate 1 file(s)\n\n"
    assert refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(1, said)) == [BadSetting(words)]


@pytest.mark.parametrize("place", range(3))
def test_reads_amtool_wherever_its_total_comes(tmp_path: Path, place: int) -> None:
    parts = [
        "Checking '{tree}/alertmanager/alertmanager.yml'",
        "  FAILED: address nowhere: missing port in address\n\n",
    ]
    parts.insert(place, "amtool: error: failed to validate 1 file(s)\n\n")
    found = refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(1, "".join(parts)))
    assert found == [BadSetting("address nowhere: missing port in address")]


def test_names_keys_that_a_server_does_not_know(tmp_path: Path) -> None:
    said = "Checking '{tree}/alertmanager/alertmanager.yml'  FAILED: yaml: unmarshal errors:\n"
    said += "  line 16: field titel not found in type config.plain\n\namtool: error: failed to validate 1 file(s)\n"
    (unknown,) = refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(1, said))
    assert unknown == UnknownField("Alertmanager", "titel")


def test_says_that_a_build_may_lack_a_service_discovery() -> None:
    problem = UnknownField("Prometheus", "consul_sd_configs").at(Position("stack.yml", 3, 5))
    assert "does not know the key `consul_sd_configs`" in problem.summary
    assert "use a release of the Prometheus project" in problem.remedy


def test_keeps_the_reason_about_a_template_file(tmp_path: Path) -> None:
    said = (
        "Checking '{tree}/alertmanager/alertmanager.yml'  SUCCESS\nFound:\n - global config\n - route\n"
        ' - 1 templates\n  FAILED: template: bad.tmpl:1: function "nope" not defined\n\n'
        "amtool: error: failed to validate 1 file(s)\n"
    )
    (setting,) = refusals(tmp_path, "alertmanager/alertmanager.yml", Verdict(1, said))
    assert setting == BadSetting('template: bad.tmpl:1: function "nope" not defined')


def test_a_checker_that_says_nothing_is_not_taken_for_content(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, PROMETHEUS, Verdict(137, ""))
    assert "It exited with code 137 and no output." in str(problem)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:10.5Z", 10.5),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:00:01.123456789Z", pytest.approx(1.123456789)),
        ("0001-01-01T00:00:00Z", 0.0),
        ("1970-01-01T02:00:03.25+02:00", 3.25),
    ],
)
def test_the_engines_time(text: str, seconds: float) -> None:
    assert containers.unix_time(text) == seconds


@pytest.mark.parametrize(
    "content", ["-1\n5\nspec\n", "0\n5\nspec\n", "1\n5\nspec\n", "77\n\nspec\n", "77\n", "x\ny\nz\n", "\xff"]
)
def test_a_damaged_pid_file_names_no_process(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.pid").write_text(content, encoding="latin-1")
    assert process.read(tmp_path / "a.pid") is None


def test_a_process_is_found_by_its_mark_and_its_children_are_not() -> None:
    environment = {**os.environ, process.STATE: "/s", process.STATE_ID: "id", process.UNIT: "u", process.SPEC: "x"}
    script = f"export {process.PID}=$$; (sleep 60) & echo $!; exec sleep 60"
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, env=environment, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        try:
            mark = wait_until(lambda: process.mark_of(parent.pid), lambda found: found is not None, 10)
            assert mark == process.Mark(process.Entry(parent.pid, process.start_time(parent.pid), "x"), "/s", "id", "u")
            assert process.mark_of(child) is None
            assert mark in list(process.marked())
        finally:
            os.kill(child, signal.SIGKILL)
            parent.kill()
