"""Fields of Compose in the words of a pod."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.export.kubernetes.compose import Ran, Volume, quantity


def ran(variables: dict[str, str] | None = None, /, **fields: Any) -> Ran:
    return Ran(fields, variables or {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$$x ${A}", "$x set"),
        ("${B:-other}${B-other}", "otherother"),
        ("${EMPTY:-other}${EMPTY-other}", "other"),
        ("${A:+there}${B:+there}", "there"),
        ("$A", "$A"),
    ],
)
def test_references_have_the_values_that_compose_gives_them(text: str, value: str) -> None:
    assert ran({"A": "set", "EMPTY": ""}, image=text).image == value


def test_command_and_entrypoint_are_words() -> None:
    one = ran(entrypoint="run 'a b'", command=["--x", "$$1"])
    assert (one.command, one.arguments) == (["run", "a b"], ["--x", "$1"])
    assert (ran().command, ran().arguments) == ([], [])


def test_environment_is_a_list_or_a_mapping() -> None:
    assert ran({"C": "c"}, environment=["A=1=2", "B=", "C"]).environment == {"A": "1=2", "B": "", "C": "c"}
    assert ran(environment={"A": 1, "T": True, "N": None}).environment == {"A": "1", "T": "true"}
    assert [*ran(environment={"N": None}).left_out()] == ["environment.N"]


def test_ports_are_those_inside() -> None:
    one = ran(ports=["127.0.0.1:18000:8000", "53:53/udp", "9000"], expose=["7000"])
    assert one.ports == {8000: "TCP", 53: "UDP", 9000: "TCP", 7000: "TCP"}
    assert one.published == {18000: 8000}
    assert ran(ports=[{"target": 80, "published": "8080"}]).published == {8080: 80}


def test_test_of_health_becomes_a_probe() -> None:
    check = {"test": ["CMD", "ready", "$$a"], "interval": "1m30s", "timeout": "500ms", "retries": 4}
    assert ran(healthcheck=check).probe == {
        "exec": {"command": ["ready", "$a"]},
        "periodSeconds": 90,
        "timeoutSeconds": 1,
        "failureThreshold": 4,
    }
    assert ran(healthcheck={"test": "curl x"}).probe == {"exec": {"command": ["sh", "-c", "curl x"]}}
    assert ran(healthcheck={"test": ["NONE"]}).probe is None
    assert ran(healthcheck={"test": "x", "disable": True}).probe is None


def test_resources_are_limits_and_requests() -> None:
    limits = {"limits": {"memory": "64Mi", "cpu": "500m"}, "requests": {"memory": "1Gi"}}
    assert ran(mem_limit="64m", cpus=0.5, mem_reservation="1g").resources == limits
    of_deploy = {"limits": {"memory": "64m", "cpus": "0.50"}, "reservations": {"memory": "1g"}}
    assert ran(deploy={"resources": of_deploy}).resources == limits
    assert quantity("12kb") == "12Ki"
    assert quantity("much") == ""


@pytest.mark.parametrize(("user", "number"), [("1000:1000", 1000), ("root", 0), ("0", 0), ("app", None), (None, None)])
def test_user_is_a_number_or_not_known(user: str | None, number: int | None) -> None:
    one = ran(user=user) if user else ran()
    assert one.user == number
    assert [*one.left_out()] == (["user"] if user == "app" else [])


def test_named_volumes_are_kept_and_folders_of_the_machine_left_out() -> None:
    one = ran(volumes=["cache:/cache:ro", {"type": "volume", "source": "data", "target": "/data"}])
    assert one.volumes == [Volume("cache", "/cache", True), Volume("data", "/data", False)]
    assert [*one.left_out()] == []
    assert [*ran(volumes=["./data:/data"]).left_out()] == ["volumes"]


def test_whatever_has_no_field_is_named() -> None:
    fields = {"depends_on": ["a"], "deploy": {"mode": "global", "replicas": 3}, "restart": "on-failure", "image": "x"}
    assert [*Ran(fields, {}).left_out()] == ["depends_on", "deploy.mode", "restart"]
    assert Ran(fields, {}).replicas == 3


def test_values_of_secret_variables_are_secret() -> None:
    assert ran({"PASSWORD": "s3cret-1", "HOST": "machine"}, command="x ${PASSWORD} ${HOST}").secrets == {"s3cret-1"}
