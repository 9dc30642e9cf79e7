"""Deployment of a container that the manifest runs: of a service's `run.docker`, or of `containers`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stackctl import secret_keys
from stackctl.export.kubernetes.arguments import hidden, literal
from stackctl.export.kubernetes.compose import Ran, Volume
from stackctl.export.kubernetes.names import dns_name, dns_names
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.pods import storage
from stackctl.export.kubernetes.scraping import given
from stackctl.export.kubernetes.service import ports_of
from stackctl.export.kubernetes.targets import pods
from stackctl.model import Health, Service, Stack
from stackctl.render.closed import holds_secret
from stackctl.source import Position, Secret

# The group that owns the volumes of a container whose user nothing says.
_GROUP = 65534
# Two pods cannot write the same data. The other has the fields that the API server would set by itself: what is not
# ours it would keep, and refuse next to the first, when a container gets a volume.
_RECREATED = {"type": "Recreate"}
_ROLLED = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}

# So long a pod has to be ready before it counts as available.
_STEADY_SECONDS = 5


@dataclass(frozen=True)
class Workload:
    """A container of the manifest that becomes a Deployment. `ports` are those that others reach, by their names."""

    name: str
    place: str
    origin: Position
    ran: Ran
    ports: Mapping[str, int]
    health: Health = field(default_factory=Health)
    scheme: str = "http"
    profiles: tuple[str, ...] = ()


def workloads(stack: Stack, variables: Mapping[str, str]) -> list[Workload]:
    """Every container of the manifest that has an image: what is only built has none that a cluster could pull."""
    made = [
        *(_of_service(each, Ran(each.run.docker, variables)) for each in stack.services if each.run.docker),
        *(
            Workload(each.name, f"containers.{each.name}", each.origin, ran, _ports(ran), profiles=each.profiles)
            for each in stack.containers
            for ran in [Ran(each.fields, variables)]
        ),
    ]
    return [each for each in made if each.ran.image]


def workload_names(stack: Stack) -> dict[str, str]:
    """The name of all objects of each service and container, by its own name."""
    return dns_names([*(each.name for each in stack.services), *(each.name for each in stack.containers)])


def workload_deployment(objects: Objects, workload: Workload, name: str) -> dict[str, Any]:
    """The Deployment, whose pods are as restricted as Pod Security asks for, unless the manifest asks for more."""
    ran = workload.ran
    spec = {
        # Without a number, an autoscaler or a person may scale it.
        **({"replicas": ran.replicas} if ran.replicas != 1 else {}),
        # A program that ends as soon as it has started is ready for a moment.
        "minReadySeconds": _STEADY_SECONDS,
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": {**objects.part_of, "app": name}},
            "spec": given(_pod(objects, workload, name)),
        },
    }
    spec["strategy"] = _RECREATED if ran.volumes else _ROLLED
    return {**objects.head("apps/v1", "Deployment", name, {"app": name}), "spec": spec}


def workload_secret(objects: Objects, workload: Workload, name: str) -> dict[str, Any] | None:
    """The Secret with the secret variables and arguments of a container; None for one without."""
    _, _, data = _secrets(objects.stack, workload)
    return {**objects.head("v1", "Secret", secret_name(name)), "stringData": data} if data else None


def secret_name(name: str) -> str:
    """The name of the Secret of a container; that of a scrape's logins is another one."""
    return f"{name}-env"


def volume_claims(objects: Objects, found: list[Workload]) -> dict[str, dict[str, Any]]:
    """The claims of the named volumes, which several containers may share, by their names."""
    spec = {"accessModes": ["ReadWriteOnce"], **storage()["volumeClaimTemplate"]["spec"]}
    names = [_claim(objects.stack, volume) for each in found for volume in each.ran.volumes]
    return {name: {**objects.head("v1", "PersistentVolumeClaim", name), "spec": spec} for name in dict.fromkeys(names)}


def without_field(workload: Workload, stack: Stack) -> Iterator[str]:
    """The fields of a container that its Deployment does not have."""
    left = [*workload.ran.left_out()]
    yield from left
    if workload.profiles and "profiles" not in left:
        yield "profiles"
    probe = workload.ran.probe
    if probe and _probe(workload, stack) is None:
        yield "healthcheck"


def _of_service(service: Service, ran: Ran) -> Workload:
    scraped = ports_of(pods(service, ran.variables))
    others = {name: port for name, port in _ports(ran).items() if port not in scraped.values()}
    return Workload(
        service.name,
        f"services.{service.name}.run.docker",
        service.origin,
        ran,
        {**scraped, **others},
        service.health,
        service.scheme,
        service.profiles,
    )


def _ports(ran: Ran) -> dict[str, int]:
    return {f"{protocol.lower()}-{port}": port for port, protocol in ran.ports.items()}


def _pod(objects: Objects, workload: Workload, name: str) -> dict[str, Any]:
    ran = workload.ran
    mounts: dict[str, dict[str, Any]] = {
        **{
            volume.path: {"persistentVolumeClaim": {"claimName": _claim(objects.stack, volume)}}
            for volume in ran.volumes
        },
        **{path: {"emptyDir": {}} for path in ran.temporary},
    }
    read_only = {volume.path for volume in ran.volumes if volume.is_read_only}
    command, arguments, secret = _secrets(objects.stack, workload)
    container = {
        "name": name,
        "image": ran.image,
        "command": command,
        "args": arguments,
        "workingDir": ran.working_dir,
        "env": [
            *({"name": key, "value": literal(text)} for key, text in ran.environment.items() if key not in secret),
            *({"name": key, "valueFrom": {"secretKeyRef": {"name": secret_name(name), "key": key}}} for key in secret),
        ],
        "ports": [
            {"name": port_name, "containerPort": port, "protocol": ran.ports.get(port, "TCP")}
            for port_name, port in workload.ports.items()
        ],
        **_probes(workload, objects.stack),
        "resources": ran.resources,
        "securityContext": _container_context(ran),
        "volumeMounts": [
            {"name": f"volume-{at}", "mountPath": path, **({"readOnly": True} if path in read_only else {})}
            for at, path in enumerate(mounts)
        ],
    }
    return {
        "automountServiceAccountToken": False,
        "securityContext": _context(ran),
        "terminationGracePeriodSeconds": ran.grace_seconds,
        "containers": [given(container)],
        "volumes": [{"name": f"volume-{at}", **volume} for at, volume in enumerate(mounts.values())],
    }


def _probes(workload: Workload, stack: Stack) -> dict[str, Any]:
    """The probes by the service's own paths; without one that says ready, by Compose's test of its health."""
    port = next(iter(workload.ports.values()), None)
    paths = (("livenessProbe", workload.health.live), ("readinessProbe", workload.health.ready))
    asked = {
        key: {"httpGet": {"path": path, "port": port, "scheme": workload.scheme.upper()}}
        for key, path in paths
        if path and port
    }
    return {"readinessProbe": _probe(workload, stack), **asked}


def _probe(workload: Workload, stack: Stack) -> dict[str, Any] | None:
    """The test of its health, unless it holds a secret: a probe can name no Secret."""
    probe = workload.ran.probe
    is_secret = probe and any(_is_secret(each, stack, workload.ran) for each in probe["exec"]["command"])
    return None if is_secret else probe


def _is_secret(text: str, stack: Stack, ran: Ran) -> bool:
    return holds_secret(text.encode(), stack) or any(each in text for each in ran.secrets)


def _context(ran: Ran) -> dict[str, Any]:
    profile = {"seccompProfile": {"type": "RuntimeDefault"}}
    group = {"fsGroup": ran.user or _GROUP} if ran.volumes else {}
    if ran.user is None:
        return {"runAsNonRoot": True, **group, **profile}
    return {**({"runAsNonRoot": True} if ran.user else {}), "runAsUser": ran.user, **group, **profile}


def _container_context(ran: Ran) -> dict[str, Any]:
    added = {"add": ran.capabilities} if ran.capabilities else {}
    return {
        "allowPrivilegeEscalation": False,
        **({"readOnlyRootFilesystem": True} if ran.is_read_only else {}),
        "capabilities": {"drop": ["ALL"], **added},
    }


def _secrets(stack: Stack, workload: Workload) -> tuple[list[str], list[str], dict[str, str]]:
    """The command and the arguments without secrets, and all secret variables."""
    ran = workload.ran
    command, of_command = hidden(ran.command, stack, "COMMAND", ran.secrets)
    arguments, of_arguments = hidden(ran.arguments, stack, secrets=ran.secrets)
    return command, arguments, {**_secret_variables(stack, workload), **of_command, **of_arguments}


def _secret_variables(stack: Stack, workload: Workload) -> dict[str, str]:
    return {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in secret_keys.with_secrets(workload.ran.environment).items()
        if isinstance(value, Secret) or _is_secret(value, stack, workload.ran)
    }


def _claim(stack: Stack, volume: Volume) -> str:
    return dns_name(f"{stack.name}-{volume.name}")
