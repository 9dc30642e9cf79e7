"""A stack and the cluster that runs it: the objects that it has to have, and those that are there."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl.errors import InputError, Unavailable
from stackctl.source import Secret

if TYPE_CHECKING:
    from stackctl.clients.http import NoAnswer
    from stackctl.clients.kubernetes import ApiServer
    from stackctl.cluster.generation import Generation
    from stackctl.cluster.objects import Thing
    from stackctl.cluster.plan import Change
    from stackctl.cluster.waiting import Seen
    from stackctl.diagnostic import Diagnostic
    from stackctl.model import Kubernetes, Stack

# So many objects are tried at once.
_CONCURRENCY = 8
_OPERATOR = (
    "Install it in the cluster, for example with its bundle: `kubectl create -f bundle.yaml` of a release of "
    "prometheus-operator, or with the chart kube-prometheus-stack."
)


@dataclass(frozen=True)
class Tried:
    """A declared object that was tried: what was `found` of it, None for nothing, and what it would be when `applied`;
    or the API server's refusal."""

    thing: Thing
    found: Mapping[str, Any] | None
    applied: Mapping[str, Any]
    refusal: NoAnswer | None = None

    @property
    def change(self) -> Change | None:
        """Return the change that it needs, None where it is as declared."""
        from stackctl.cluster.plan import change

        return change(self.thing, self.found, self.applied)

    @property
    def difference(self) -> str:
        """Return how the object in the cluster differs from the declared one, "" where it does not."""
        if self.refusal:
            return f"the API server does not accept it: {self.refusal.said}"
        return self.change.cause if self.change else ""


@dataclass(frozen=True)
class Session:
    """A stack, the API server of its cluster, and the place in it.

    `things` are the objects that the manifest declares, with the password of Grafana's administrator, and `left_out`
    warnings about what no object has a field for.
    """

    stack: Stack
    place: Kubernetes
    server: ApiServer
    things: tuple[Thing, ...] = ()
    grafana_password: Secret = field(default=Secret(""), repr=False)
    left_out: tuple[Diagnostic, ...] = ()

    @cached_property
    def core(self) -> Any:
        """The client that forwards ports, made once: a login may need a program to be run."""
        from stackctl.cluster.kubeconfig import core_api

        return core_api(self.place)

    def owned(self) -> list[Thing]:
        """Return all objects in the namespace that stackctl has made for the stack, but for those that are on their
        way out. Raises NoAnswer."""
        return [each for each in self.there() if not each.content["metadata"].get("deletionTimestamp")]

    def there(self) -> list[Thing]:
        """The same with those that are on their way out."""
        from stackctl.cluster.objects import KINDS, thing

        labels = self._labels()
        return [
            thing(each)
            for version, kind in KINDS
            if self.server.serves(version, kind)
            for each in self._listed(version, kind, labels)
        ]

    def _listed(self, version: str, kind: str, labels: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """Return the objects of a kind; of those of the whole cluster, which have the namespace in their names, the
        ones of this place. Who may not list these has made none."""
        from stackctl.clients.http import NoAnswer
        from stackctl.cluster.objects import OF_CLUSTER

        try:
            found = self.server.listed(version, kind, self.place.namespace, labels)
        except NoAnswer as error:
            if kind in OF_CLUSTER and error.status == 403:
                return []
            raise
        is_here = f"{self.place.namespace}-"
        return [each for each in found if kind not in OF_CLUSTER or each["metadata"]["name"].startswith(is_here)]

    def generations(self) -> list[Generation]:
        """Return the generations of the stack that the namespace keeps, the last one first. Raises NoAnswer."""
        from stackctl.cluster.generation import generations
        from stackctl.cluster.objects import thing

        found = self.server.listed("v1", "Secret", self.place.namespace, self._labels())
        return generations(map(thing, found))

    def keep(self, generation: Generation) -> None:
        """Write the Secret of a generation. Raises NoAnswer."""
        self.server.apply(self._secret(generation), dry_run=False)

    def forget(self, generation: Generation) -> None:
        """Remove the Secret of a generation. Raises NoAnswer."""
        self.server.delete(self._secret(generation))

    def drilled(self) -> bool:
        """Return whether there is something that a drill has made. Raises NoAnswer."""
        from stackctl.cluster.objects import DRILLED

        return bool(self.server.listed("v1", "ConfigMap", self.place.namespace, {**self._labels(), DRILLED: "true"}))

    def _secret(self, generation: Generation) -> dict[str, Any]:
        from stackctl.cluster.generation import secret
        from stackctl.export.kubernetes.names import dns_name

        return secret(generation, dns_name(self.stack.name), self.place.namespace, self._labels())

    def _labels(self) -> dict[str, str]:
        """Return the labels of all objects that stackctl has made for the stack."""
        from stackctl.cluster.objects import MANAGED_BY
        from stackctl.export.kubernetes.objects import part_of

        return {**part_of(self.stack), MANAGED_BY[0]: MANAGED_BY[1]}

    def tried(self) -> list[Tried]:
        """Try to apply each declared object, and return what that would do. Raises NoAnswer."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_CONCURRENCY) as pool:
            return list(pool.map(self._tried, self.things))

    def _tried(self, thing: Thing) -> Tried:
        from stackctl.clients.http import NoAnswer

        found = self.server.find(thing.content)
        try:
            return Tried(thing, found, self.server.apply(thing.content, dry_run=True))
        except NoAnswer as error:
            if not error.status:
                raise
            return Tried(thing, found, {}, error)

    def claims(self, owned: Sequence[Thing]) -> list[Thing]:
        """Return the claims of volumes among `owned`, and those that the operator has made for the stack's servers."""
        from stackctl.cluster.objects import DATA, thing
        from stackctl.cluster.waiting import OPERATED, operated
        from stackctl.export.kubernetes.names import dns_name

        labels = [operated(kind, dns_name(self.stack.name)) for kind in OPERATED]
        theirs = [each for some in labels for each in self.server.listed("v1", DATA, self.place.namespace, some)]
        return [*(each for each in owned if each.kind == DATA), *map(thing, theirs)]

    def pods_of(self, workloads: Sequence[Thing]) -> list[Mapping[str, Any]]:
        """Return the pods that workloads have, those on their way out too. Raises NoAnswer."""
        from stackctl.cluster.waiting import selector

        return [
            each
            for workload in workloads
            for each in self.server.listed("v1", "Pod", self.place.namespace, selector(workload))
        ]

    def ready_pod(self, name: str) -> str:
        """Return the name of a ready pod of a server. Raises OSError where there is none, and NoAnswer."""
        from stackctl.cluster.waiting import pod_reason

        pods = self.server.listed("v1", "Pod", self.place.namespace, {"app": self.own_name(name)})
        ready = [each["metadata"]["name"] for each in pods if not pod_reason(each)]
        if not ready:
            raise OSError(f"no pod of {name} is ready")
        return str(ready[0])

    def own_name(self, component: str) -> str:
        """Return the name of the objects of a server that the operator does not run."""
        from stackctl.export.kubernetes.server_pod import names_of

        return names_of(self.stack)[component]

    def seen(self, owned: Sequence[Thing]) -> Seen:
        """Return what is to be known of the pods of the objects in `owned`. Raises NoAnswer."""
        from stackctl.cluster.waiting import WORKLOADS, Seen

        namespace = self.place.namespace
        return Seen(
            tuple(each for each in owned if each.kind in WORKLOADS),
            *(tuple(self.server.listed("v1", kind, namespace)) for kind in ("Pod", "PersistentVolumeClaim", "Event")),
        )


def connect(stack: Stack) -> Session:
    """Return the session with the cluster that a stack names.

    Raises InputError for a context or a namespace that is not there, and Unavailable for a cluster that does not answer
    or has no Prometheus Operator.
    """
    from stackctl.clients.http import Http, NoAnswer
    from stackctl.clients.kubernetes import ApiServer
    from stackctl.cluster.kubeconfig import access
    from stackctl.cluster.objects import OPERATOR

    place = stack.kubernetes
    assert place  # noqa: S101 - asked for such stacks only
    server = ApiServer(Http(access(place)))
    try:
        server.version()
    except NoAnswer as error:
        remedy = f"Start the cluster, or log in again: `kubectl --context {place.context} version` has to work."
        raise Unavailable.of("cluster.away", error.summary, position=place.origin, remedy=remedy) from None
    with explained(place):
        if not server.serves(OPERATOR, "Prometheus"):
            summary = "the cluster has no Prometheus Operator"
            raise Unavailable.of("cluster.operator", summary, position=place.origin, remedy=_OPERATOR)
        _find_namespace(server, place)
    return Session(stack, place, server)


def _find_namespace(server: ApiServer, place: Kubernetes) -> None:
    """Raise InputError where the namespace is not there. A user who may not see it gets that answer later."""
    from stackctl.clients.http import NoAnswer

    try:
        if server.has_namespace(place.namespace):
            return
    except NoAnswer as error:
        if error.status == 403:
            return
        raise
    remedy = f"Create it: `kubectl --context {place.context} create namespace {place.namespace}`."
    summary = f"the cluster has no namespace `{place.namespace}`"
    raise InputError.of("cluster.namespace", summary, position=place.origin, remedy=remedy)


@contextmanager
def explained(place: Kubernetes) -> Iterator[None]:
    """Raise Unavailable with what to do for what the API server does not answer."""
    from stackctl.clients.http import NoAnswer

    try:
        yield
    except NoAnswer as error:
        remedy = f"`kubectl --context {place.context} --namespace {place.namespace} get all` shows what it answers."
        if error.status in (401, 403):
            remedy = "Log in again, or have the rights that are missing given to this user."
        raise Unavailable.of("cluster.away", error.summary, position=place.origin, remedy=remedy) from None


def open_session(manifest: Path, stack: Stack) -> Session:
    """Return the session of a stack with all that its manifest declares.

    Raises as `connect`, and InputError for what cannot be exported.
    """
    from stackctl.cluster.objects import things
    from stackctl.export.kubernetes import Cluster, left_out
    from stackctl.operations.exporting import kubernetes_objects

    session = connect(stack)
    with explained(session.place):
        password = grafana_password(manifest, session)
    cluster = Cluster(session.place.namespace, has_servers=False, grafana_password=password)
    exported, full, tree = kubernetes_objects(manifest, cluster)
    warnings = tuple(left_out(exported, full))
    return replace(session, things=things(tree), grafana_password=password or Secret(""), left_out=warnings)


def grafana_password(manifest: Path, session: Session) -> Secret | None:
    """Return the password of Grafana's administrator: that of the manifest, else the one that Grafana has got, else a
    new one; None without a Grafana.

    Grafana keeps its first one, so that of the cluster counts, wherever this command runs.
    """
    import secrets

    from stackctl.export.kubernetes.grafana import PASSWORD_KEY
    from stackctl.state import State

    grafana = session.stack.grafana
    if grafana is None or grafana.admin_password is not None:
        return grafana.admin_password if grafana else None
    metadata = {"name": session.own_name(c.GRAFANA), "namespace": session.place.namespace}
    found = session.server.find({"apiVersion": "v1", "kind": "Secret", "metadata": metadata}) or {}
    kept = (found.get("data") or {}).get(PASSWORD_KEY)
    if kept:
        return Secret(base64.b64decode(kept).decode())
    return State.beside(manifest).kept_secret(c.GRAFANA_ADMIN_PASSWORD) or Secret(secrets.token_urlsafe(24))
