"""What both runtimes promise, on real servers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, Unavailable
from stackctl.runtimes.checkers import Text, Texts
from stackctl.runtimes.protocol import Step
from stackctl.runtimes.select import open_runtime
from stackctl.tree import File, Tree
from stackctl.wait import wait_until
from tests.contract.runtimes.stacks import Bench

pytestmark = pytest.mark.e2e


def recorded(bench: Bench) -> list[str]:
    groups = requests.get(f"{bench.url(c.PROMETHEUS)}/api/v1/rules", timeout=5).json()["data"]["groups"]
    return [rule["name"] for group in groups for rule in group["rules"]]


def starts(bench: Bench) -> dict[str, float]:
    return {one.name: one.started_at for one in bench.runtime.observe()}


def states(bench: Bench) -> dict[str, str]:
    return {one.name: one.state for one in bench.runtime.observe()}


def kill(bench: Bench, unit: str) -> None:
    """End a unit as a crash would, and so that nothing brings it back."""
    if bench.name == "native":
        os.kill(int((bench.state.root / "pids" / f"{unit}.pid").read_text().split()[0]), signal.SIGKILL)
    else:
        found = subprocess.run(
            [
                "docker",
                "ps",
                "-q",
                "-f",
                f"label=com.docker.compose.project={bench.stack}",
                "-f",
                f"label={c.LABEL_UNIT}={unit}",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        subprocess.run(["docker", "kill", *found], check=True, capture_output=True)
    wait_until(lambda: states(bench), lambda seen: seen[unit] == "exited", 10)


def test_up_creates_everything_once(bench: Bench) -> None:
    first = bench.up(bench.tree())
    assert first.steps == (
        Step("create", "prometheus", "not created yet"),
        Step("create", "pushgateway", "not created yet"),
    )
    assert states(bench) == {"prometheus": "running", "pushgateway": "running"}

    before = starts(bench)
    assert not bench.up(bench.tree())
    assert starts(bench) == before


def test_a_new_rule_is_loaded_without_a_restart(bench: Bench) -> None:
    bench.up(bench.tree(rule="one"))
    before = starts(bench)

    plan = bench.up(bench.tree(rule="two"))

    assert plan.steps == (Step("reload", "prometheus", "configuration changed"),)
    assert recorded(bench) == ["test:two"]
    assert starts(bench) == before


def test_changed_flag_replaces_only_its_unit(bench: Bench) -> None:
    bench.up(bench.tree(flag="15d"))
    before = starts(bench)

    plan = bench.up(bench.tree(flag="16d"))

    assert [(step.action, step.unit) for step in plan.steps] == [("replace", "prometheus")]
    assert "flags" in plan.steps[0].cause
    flags = requests.get(f"{bench.url(c.PROMETHEUS)}/api/v1/status/flags", timeout=5).json()["data"]
    assert flags["storage.tsdb.retention.time"] == "16d"
    assert starts(bench)["pushgateway"] == before["pushgateway"]


def test_a_unit_that_is_no_longer_declared_goes(bench: Bench) -> None:
    bench.up(bench.tree())
    plan = bench.up(bench.tree(without=("pushgateway",)))
    assert plan.steps[0] == Step("remove", "pushgateway", "no longer declared")
    assert states(bench) == {"prometheus": "running"}


def test_a_killed_unit_is_started_again_with_the_cause(bench: Bench) -> None:
    bench.up(bench.tree())
    kill(bench, "prometheus")

    plan = bench.up(bench.tree())

    assert [(step.action, step.unit) for step in plan.steps] == [("start", "prometheus")]
    assert "exited with code 137" in plan.steps[0].cause or "SIGKILL" in plan.steps[0].cause
    assert states(bench)["prometheus"] == "running"


def test_a_taken_port_names_its_holder_and_starts_nothing(bench: Bench) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", bench.ports["pushgateway"]))
        other.listen()
        with pytest.raises(Unavailable) as failed:
            bench.up(bench.tree())
    assert f"pushgateway cannot listen on 127.0.0.1:{bench.ports['pushgateway']}: pid {os.getpid()} (" in str(
        failed.value
    )
    assert states(bench) == {}


@pytest.mark.parametrize("last", ["lock", "write", "switch", "execute"])
def test_an_interrupted_up_is_completed_by_the_next(bench: Bench, last: str) -> None:
    """A child does what `up` does and is killed right after the step `last`."""
    script = textwrap.dedent(
        f"""
        import os, signal, sys
        from pathlib import Path
        from stackctl.runtimes.select import open_runtime
        from stackctl.runtimes.plan import make_plan
        from stackctl.state import State
        from stacks import docker_tree, native_tree

        def after(step):
            if step == {last!r}:
                os.kill(os.getpid(), signal.SIGKILL)

        state = State(Path({str(bench.state.root)!r}))
        tree = {bench.name}_tree({bench.stack!r}, {bench.ports!r}, "one", "15d", ())
        runtime = open_runtime({bench.name!r}, {bench.stack!r}, state.root)
        with state.lock():
            after("lock")
            plan = make_plan(tree.units, tree.units, runtime.observe(), loaded={{}})
            generation = state.write(tree)
            after("write")
            state.switch(generation)
            after("switch")
            runtime.execute(plan, generation)
            after("execute")
        """
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parent, capture_output=True, text=True)
    assert ran.returncode == -signal.SIGKILL, ran.stderr

    bench.up(bench.tree())

    assert states(bench) == {"prometheus": "running", "pushgateway": "running"}
    assert recorded(bench) == ["test:one"]
    assert not bench.plan(bench.tree())


def test_down_keeps_data_unless_asked(bench: Bench) -> None:
    bench.up(bench.tree())
    created = age_of_data(bench)
    assert bench.runtime.stop() == ("prometheus", "pushgateway")
    assert states(bench) == {}
    assert has_data(bench)

    bench.up(bench.tree())
    assert age_of_data(bench) == created
    bench.runtime.stop(volumes=True)
    assert not has_data(bench)


def test_second_down_finds_nothing(bench: Bench) -> None:
    bench.up(bench.tree())
    bench.runtime.stop()
    assert bench.runtime.stop() == ()


def test_logs_show_the_lines_of_the_server(bench: Bench) -> None:
    bench.up(bench.tree())
    text = "\n".join(bench.runtime.logs(["prometheus"]))
    assert "Server is ready to receive web requests" in text
    assert len(list(bench.runtime.logs(["prometheus"], tail=2))) == 2
    assert any(line.startswith("pushgateway") for line in bench.runtime.logs([]))


@pytest.mark.parametrize("running", [True, False])
def test_validation_is_the_servers_own(bench: Bench, running: bool) -> None:
    good = bench.tree()
    if running:
        bench.up(good)
    with bench.state.lock():
        fine = bench.state.write(good)
        broken = bench.state.write(
            with_file(good, "prometheus/rules/r.yml", b"groups: [{name: g, rules: [{record: a}]}]")
        )
    text = Text("{{ .group }}", "the annotation `summary` of `High`")
    assert bench.runtime.validate(fine, Texts()) == []
    (problem,) = bench.runtime.validate(broken, Texts())
    assert isinstance(problem, Diagnostic)
    assert problem.summary == "promtool refuses prometheus/prometheus.yml"
    assert "expr" in problem.cause
    (unexpanded,) = bench.runtime.validate(fine, Texts((text,)))
    assert "can't evaluate field group" in str(unexpanded)


def test_a_refused_reload_says_what_the_server_says(bench: Bench) -> None:
    bench.up(bench.tree())
    tree = bench.tree(rule="two")
    bad = with_file(tree, "prometheus/rules/r.yml", b"groups: [{name: g, rules: [{record: a}]}]")
    with pytest.raises(CheckFailed) as failed:
        bench.up(bad)
    assert "prometheus did not reload: HTTP 500" in str(failed.value)


def test_a_server_that_exits_fails_at_once_with_its_last_words(bench: Bench) -> None:
    with pytest.raises(Unavailable) as failed:
        bench.up(with_file(bench.tree(), "prometheus/prometheus.yml", b"no_such_field: 1\n"))
    assert "no_such_field" in str(failed.value)


@pytest.mark.parametrize("bench", ["docker"], indirect=True)
def test_a_stack_of_the_same_name_in_another_folder_is_not_touched(bench: Bench, tmp_path: Path) -> None:
    bench.up(bench.tree())
    other = open_runtime("docker", bench.stack, tmp_path / "elsewhere" / c.STATE_DIR)
    volumes = bench.runtime.volumes()
    with pytest.raises(Unavailable, match=f"another stack named `{bench.stack}` is running, from") as refused:
        other.observe()
    assert str(bench.state.root.parent) in str(refused.value)
    assert other.stop(volumes=True) == ()
    assert other.others() == (bench.state.root.parent,)
    assert bench.runtime.volumes() == volumes != ()
    assert [one.state for one in bench.runtime.observe()] == ["running", "running"]


def test_prepare_names_what_is_unavailable(bench: Bench) -> None:
    server, gateway = bench.tree().units
    lacking = replace(gateway, tool="grafana" if bench.name == "native" else "", image="localhost:1/none:1")
    found = bench.runtime.prepare([server, lacking])
    assert list(found) == ["pushgateway"]


def test_fetch_asks_from_where_prometheus_runs(bench: Bench) -> None:
    bench.up(bench.tree())
    port = 9090 if bench.name == "docker" else bench.ports["prometheus"]
    ready = bench.runtime.fetch(f"http://127.0.0.1:{port}/-/ready")
    assert (ready.status, ready.text.strip()) == (200, "Prometheus Server is Ready.")
    assert bench.runtime.fetch(f"http://127.0.0.1:{port}/nowhere").status == 404
    silent = bench.runtime.fetch("http://127.0.0.1:1/")
    assert silent.status == 0
    assert "refused" in silent.text


def conversation(bench: Bench, host: str, port: int) -> bytes:
    """What a server answers over a connection from where Prometheus runs."""
    with bench.runtime.dial(host, port, 3) as connection:
        connection.sendall(b"GET /-/ready HTTP/1.0\r\nHost: x\r\n\r\n")
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
        if not answer:
            raise ConnectionResetError("no answer")
    return answer


def test_dial_connects_from_where_prometheus_runs(bench: Bench) -> None:
    bench.up(bench.tree())
    port = 9090 if bench.name == "docker" else bench.ports["prometheus"]
    answer = conversation(bench, "127.0.0.1", port)
    assert answer.startswith(b"HTTP/1.0 200 OK")
    assert b"Prometheus Server is Ready." in answer


def test_dial_distinguishes_refusal_unknown_name_and_silence(bench: Bench) -> None:
    bench.up(bench.tree())
    with pytest.raises(ConnectionRefusedError):
        conversation(bench, "127.0.0.1", 1)
    with pytest.raises(socket.gaierror):
        conversation(bench, "no-such-host.invalid", 80)
    port = 9090 if bench.name == "docker" else bench.ports["prometheus"]
    with (
        pytest.raises(TimeoutError) as silent,
        bench.runtime.dial("127.0.0.1", port, 0.3) as connection,
    ):
        connection.recv(1)  # nothing was asked, so nothing comes
    assert silent.value.errno is None


def test_peers_are_what_prometheus_reaches_by_name(bench: Bench) -> None:
    bench.up(bench.tree())
    near = {name for peer in bench.runtime.peers() if peer.near for name in peer.names}
    own = {"prometheus", "pushgateway", f"{bench.stack}-pushgateway-1"}
    assert near >= own if bench.name == "docker" else not near


def with_file(tree: Tree, path: str, content: bytes) -> Tree:
    return replace(tree, files={**tree.files, path: File(content)})


def age_of_data(bench: Bench) -> str:
    """Something about the data that would be different had it been made anew."""
    if bench.name == "native":
        return str((bench.state.root / "data" / "prometheus" / "chunks_head").stat().st_ino)
    return volume(bench)["CreatedAt"]


def has_data(bench: Bench) -> bool:
    if bench.name == "native":
        return (bench.state.root / "data" / "prometheus").exists()
    return bool(volume(bench))


def volume(bench: Bench) -> dict[str, str]:
    ran = subprocess.run(["docker", "volume", "inspect", f"{bench.stack}_data"], capture_output=True, text=True)
    found: list[dict[str, str]] = json.loads(ran.stdout or "[]")
    return found[0] if found else {}
