"""Two stacks of the same two servers, one for each runtime, small enough to be written by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import yaml

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.runtimes.plan import make_plan
from stackctl.runtimes.protocol import Plan, Runtime
from stackctl.runtimes.ready import wait_ready
from stackctl.state import Generation, Running, State
from stackctl.tree import File, Tree, Unit, digest, dump_units

READY_SECONDS = 30.0


@dataclass(frozen=True)
class Bench:
    """A runtime with a stack of its own, and the few moves that the tests make."""

    name: str
    state: State
    runtime: Runtime
    ports: dict[str, int]
    stack: str

    def tree(self, *, rule: str = "one", flag: str = "15d", without: tuple[str, ...] = ()) -> Tree:
        build = {"docker": docker_tree, "native": native_tree}[self.name]
        return build(self.stack, self.ports, rule, flag, without)

    def plan(self, tree: Tree, loaded: dict[str, str] | None = None) -> Plan:
        running = self.state.running()
        if loaded is None and running:
            units = Generation(running.generation, self.state.live / "generations" / running.generation).units()
            loaded = {unit.name: unit.reads for unit in units}
        return make_plan(tree.units, tree.units, self.runtime.observe(), loaded=loaded or {})

    def up(self, tree: Tree) -> Plan:
        """What the command does, without its words."""
        with self.state.lock():
            plan = self.plan(tree)
            self.runtime.prepare([unit for unit in tree.units if unit.name in plan.starting()])
            generation = self.state.write(tree)
            self.state.switch(generation)
            self.runtime.execute(plan, generation)
            wait_ready(tree.units, generation, self.runtime, READY_SECONDS)
            self.state.record(Running(self.name, generation.id))
        return plan

    def url(self, unit: str) -> str:
        return f"http://127.0.0.1:{self.ports[unit]}"


def configuration(rule: str) -> dict[str, File]:
    rules = {"groups": [{"name": "g", "rules": [{"record": f"test:{rule}", "expr": "vector(1)"}]}]}
    return {
        "prometheus/prometheus.yml": File(yaml.safe_dump({"rule_files": ["rules/r.yml"]}).encode()),
        "prometheus/rules/r.yml": File(yaml.safe_dump(rules).encode()),
    }


def units(ports: dict[str, int], files: dict[str, File], flag: str) -> tuple[Unit, Unit]:
    server, gateway = (f"http://127.0.0.1:{ports[name]}" for name in (c.PROMETHEUS, c.PUSHGATEWAY))
    return (
        Unit(
            c.PROMETHEUS,
            address=f"127.0.0.1:{ports[c.PROMETHEUS]}",
            ready=f"{server}/-/ready",
            reload=f"{server}/-/reload",
            spec=digest(flag),
            reads=digest(*(file.content for file in files.values())),
            image=registry.component(c.PROMETHEUS).image,
            required=True,
        ),
        Unit(
            c.PUSHGATEWAY,
            address=f"127.0.0.1:{ports[c.PUSHGATEWAY]}",
            ready=f"{gateway}/-/ready",
            spec=digest("pushgateway"),
            image=registry.component(c.PUSHGATEWAY).image,
        ),
    )


def native_tree(stack: str, ports: dict[str, int], rule: str, flag: str, without: tuple[str, ...]) -> Tree:
    files = configuration(rule)
    server, gateway = units(ports, files, flag)
    server = replace(
        server,
        image="",
        tool="prometheus",
        command=(
            "--config.file={tree}/prometheus/prometheus.yml",
            "--storage.tsdb.path={data}",
            f"--storage.tsdb.retention.time={flag}",
            f"--web.listen-address={server.address}",
            "--web.enable-lifecycle",
        ),
    )
    gateway = replace(gateway, image="", tool="pushgateway", command=(f"--web.listen-address={gateway.address}",))
    return tree(stack, "native", files, (server, gateway), without)


def docker_tree(stack: str, ports: dict[str, int], rule: str, flag: str, without: tuple[str, ...]) -> Tree:
    files = configuration(rule)
    server, gateway = units(ports, files, flag)
    server = replace(server, volumes=("data",))
    services = {
        server.name: service(server, 9090)
        | {
            "command": [
                f"--config.file={c.CONTAINER_TREE}/prometheus/prometheus.yml",
                "--storage.tsdb.path=/prometheus",
                f"--storage.tsdb.retention.time={flag}",
                "--web.enable-lifecycle",
            ],
            "volumes": [
                {"type": "volume", "source": "data", "target": "/prometheus"},
                {
                    "type": "bind",
                    "source": "${STACKCTL_SOURCE:-.}",
                    "target": "${STACKCTL_TARGET:-/etc/stackctl/current}",
                    "read_only": True,
                    "bind": {"create_host_path": False},
                },
            ],
        },
        gateway.name: service(gateway, 9091),
    }
    compose = {"services": {n: s for n, s in services.items() if n not in without}, "volumes": {"data": {}}}
    files[c.COMPOSE_FILE] = File(yaml.safe_dump(compose).encode())
    return tree(stack, "docker", files, (server, gateway), without)


def service(unit: Unit, port: int) -> dict[str, object]:
    return {
        "image": unit.image,
        "ports": [f"{unit.address}:{port}"],
        "labels": {c.LABEL_UNIT: unit.name, c.LABEL_SPEC: unit.spec},
        "restart": "unless-stopped",
        "stop_grace_period": "3s",
    }


def tree(stack: str, runtime: str, files: dict[str, File], all_: tuple[Unit, ...], without: tuple[str, ...]) -> Tree:
    kept = tuple(unit for unit in all_ if unit.name not in without)
    return Tree(stack, runtime, {**files, c.UNITS_FILE: File(dump_units(stack, runtime, kept))}, kept)
