"""Stacks built by hand, for the parts of rendering."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.model import (
    Alertmanager,
    Dashboard,
    Grafana,
    Listen,
    Prometheus,
    Receiver,
    Resources,
    Retention,
    Run,
    Service,
    Stack,
    Target,
)
from stackctl.source import Position, Secret

HERE = Position("stack.yml", 3, 1)


def component(name: str, image: str = "") -> dict[str, Any]:
    listen = Listen(c.LOOPBACK, registry.component(name).port)
    return {
        "name": name,
        "image": image or registry.component(name).image,
        "listen": listen,
        "resources": Resources(),
        "origin": HERE,
    }


def prometheus(image: str = "", **fields: Any) -> Prometheus:
    defaults: dict[str, Any] = {
        "scrape_interval": "15s",
        "evaluation_interval": "15s",
        "retention": Retention("15d"),
        "external_labels": {},
        "remote_write": (),
        "extra": {},
    }
    return Prometheus(**component(c.PROMETHEUS, image), **{**defaults, **fields})


def alertmanager(*receivers: Receiver, **fields: Any) -> Alertmanager:
    return Alertmanager(**component(c.ALERTMANAGER), receivers=receivers, **{"route": None, "extra": {}, **fields})


def grafana(password: str | None = "pass-word", **extra_env: str) -> Grafana:
    secret = Secret(password) if password is not None else None
    return Grafana(**component(c.GRAFANA), admin_user="admin", admin_password=secret, extra_env=extra_env)


def dashboard(
    definition: dict[str, Any] | None = None, uid: str = "a", title: str = "A", folder: str = ""
) -> Dashboard:
    content = definition if definition is not None else {"title": title}
    return Dashboard(f"{uid}.json", uid, title, folder, content, HERE)


def service(name: str = "api", **fields: Any) -> Service:
    targets = fields.pop("targets", (Target("api:8000", {}, HERE),))
    return Service(name, HERE, targets=targets, **fields)


def container(**fields: Any) -> Service:
    return service("app", run=Run(docker=fields))


def stack(**fields: Any) -> Stack:
    return Stack("shop", Path("/srv"), HERE, **{"prometheus": prometheus(), **fields})


def declared(config: dict[str, Any]) -> dict[str, Any]:
    """What is in alertmanager.yml but for the route and the receiver that keep drilled alerts from people."""
    first, *routes = config["route"]["routes"]
    assert first == {"receiver": "stackctl-drill", "matchers": ['drill="true"']}
    *receivers, last = config["receivers"]
    assert last == {"name": "stackctl-drill"}
    route = (
        {**config["route"], "routes": routes}
        if routes
        else {key: value for key, value in config["route"].items() if key != "routes"}
    )
    return {**config, "route": route, "receivers": receivers}
