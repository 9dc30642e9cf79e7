"""The objects of a stack as they are sent to an API server, and how they differ from what is there. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stackctl.tree import Tree, digest, load_yaml

# Version and kind of all that a stack can have in a cluster, in the order in which it is applied: what others need
# comes first. It is removed in the opposite order.
KINDS = (
    ("v1", "Secret"),
    ("v1", "ConfigMap"),
    ("v1", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Service"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ("monitoring.coreos.com/v1", "PodMonitor"),
    ("monitoring.coreos.com/v1", "Probe"),
    ("monitoring.coreos.com/v1alpha1", "ScrapeConfig"),
    ("monitoring.coreos.com/v1", "Alertmanager"),
    ("monitoring.coreos.com/v1", "Prometheus"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "DaemonSet"),
)
OPERATOR = "monitoring.coreos.com/v1"
DATA = "PersistentVolumeClaim"
# Kinds of objects that are in no namespace.
OF_CLUSTER = ("ClusterRole", "ClusterRoleBinding")
MANAGED_BY = ("app.kubernetes.io/managed-by", "stackctl")
PART_OF = "app.kubernetes.io/part-of"
# A change of it makes pods start again that read their configuration only then.
CONFIGURATION = "stackctl/configuration"
# The label of a Secret that keeps a generation: its ID. It is none of the declared objects.
GENERATION = "stackctl/generation"
# The label of what a drill has made, for as long as it lasts.
DRILLED = "stackctl/drill"
# The label of what a backup or a restore has made, for as long as it lasts.
COPIED = "stackctl/copy"
# A label that scraping drops again, by which a loaded job shows the object that it was made of.
_TAKEN_FROM = "__tmp_stackctl"
# Kind -> the path to its relabelling, from each of its endpoints where it has some.
_RELABELLING = {
    "ServiceMonitor": ("endpoints", "relabelings"),
    "PodMonitor": ("podMetricsEndpoints", "relabelings"),
    "ScrapeConfig": ("relabelings",),
    "Probe": ("targets", "staticConfig", "relabelingConfigs"),
}
# Grafana reads these again by itself.
_READ_AGAIN = "grafana_dashboard"
_ORDER = {kind: number for number, (_, kind) in enumerate(KINDS)}
# What the API server adds to an object.
_OF_SERVER = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")


@dataclass(frozen=True)
class Thing:
    """One object. `content` is all of it, as it is applied or was found."""

    version: str
    kind: str
    name: str
    namespace: str
    content: Mapping[str, Any] = field(repr=False, compare=False)

    def is_of(self, declared: Thing) -> bool:
        """Return whether stackctl has made it, for the stack of a declared object: one that has lost the label of its
        stack is of no other."""
        is_ours = self.labels.get(MANAGED_BY[0]) == MANAGED_BY[1]
        return is_ours and self.labels.get(PART_OF) in (None, declared.labels.get(PART_OF))

    @property
    def is_dashboard(self) -> bool:
        """Return whether Grafana reads it again by itself."""
        return _READ_AGAIN in self.labels

    @property
    def is_generation(self) -> bool:
        """Return whether it keeps a generation of the stack, and is no part of one."""
        return GENERATION in self.labels

    @property
    def is_of_drill(self) -> bool:
        """Return whether a drill has made it, and takes it away again."""
        return DRILLED in self.labels

    @property
    def is_of_copy(self) -> bool:
        """Return whether a backup or a restore has made it, and takes it away again."""
        return COPIED in self.labels

    @property
    def labels(self) -> Mapping[str, str]:
        return self.content["metadata"].get("labels") or {}

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def thing(content: Mapping[str, Any]) -> Thing:
    """The object with a content."""
    metadata = content["metadata"]
    return Thing(content["apiVersion"], content["kind"], metadata["name"], metadata.get("namespace", ""), content)


def things(tree: Tree) -> tuple[Thing, ...]:
    """Return the objects of an exported tree, in the order in which they are applied.

    Patches, which are for objects of the user's, are none of them, and neither are kustomizations.
    """
    found = [
        thing(_encoded(content))
        for path, file in tree
        if path.endswith(".yaml") and isinstance(content := load_yaml(file.content), dict) and _is_object(content)
    ]
    return tuple(sorted(_with_configuration(found), key=lambda each: (_ORDER[each.kind], each.name)))


def _is_object(content: Mapping[str, Any]) -> bool:
    """Return whether it is an object, of which it is known by its labels that the stack has it."""
    return content.get("kind") in _ORDER and MANAGED_BY[0] in (content["metadata"].get("labels") or {})


def _encoded(content: dict[str, Any]) -> dict[str, Any]:
    """Return an object whose secrets are encoded: a key that is no more in `stringData` would stay in the cluster."""
    if "stringData" not in content:
        return content
    plain = content.pop("stringData")
    encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
    return {**content, "data": {**content.get("data", {}), **encoded}}


# -- what is read of an object --------------------------------------------------------------------------------


def _with_configuration(found: Sequence[Thing]) -> list[Thing]:
    read = {(each.kind, each.name): each for each in found if each.kind in ("ConfigMap", "Secret")}
    return [_marked(each, read) for each in found]


def _marked(each: Thing, read: Mapping[tuple[str, str], Thing]) -> Thing:
    if each.kind in ("Deployment", "DaemonSet"):
        return _marked_workload(each, read)
    return _marked_job(each, read) if each.kind in _RELABELLING else each


def _marked_workload(workload: Thing, read: Mapping[tuple[str, str], Thing]) -> Thing:
    """Return a workload whose pods have a digest of what they read when they start."""
    parts = _parts(workload.content["spec"]["template"]["spec"], read)
    if not parts:
        return workload
    content = json.loads(json.dumps(workload.content))
    metadata = content["spec"]["template"].setdefault("metadata", {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), CONFIGURATION: digest(*parts)}
    return replace(workload, content=content)


def _marked_job(monitor: Thing, read: Mapping[tuple[str, str], Thing]) -> Thing:
    """Return an object of which scrape jobs are made, with a digest of it in the relabelling of each job."""
    content = json.loads(json.dumps(monitor.content))
    mark = digest(json.dumps(content["spec"], sort_keys=True), *_parts(content["spec"], read))
    step = {"action": "replace", "targetLabel": _TAKEN_FROM, "replacement": mark}
    *way, last = _RELABELLING[monitor.kind]
    for block in _blocks(content["spec"], way):
        block[last] = [*(block.get(last) or ()), step]
    return replace(monitor, content=content)


def _blocks(block: dict[str, Any], way: Sequence[str]) -> list[dict[str, Any]]:
    if not way:
        return [block]
    inner = block[way[0]]
    return [each for one in (inner if isinstance(inner, list) else [inner]) for each in _blocks(one, way[1:])]


def mark_of(monitor: Thing) -> str:
    """Return the digest that the jobs of an object have in their relabelling, "" where it has none."""
    *way, last = _RELABELLING[monitor.kind]
    steps = [step for block in _blocks(dict(monitor.content["spec"]), way) for step in block.get(last) or ()]
    return next((str(step["replacement"]) for step in steps if step.get("targetLabel") == _TAKEN_FROM), "")


def loaded_mark(job: Mapping[str, Any]) -> str:
    """Return the digest of the object of which a loaded scrape job was made, "" where it has none."""
    steps = job.get("relabel_configs") or ()
    return next((str(step.get("replacement")) for step in steps if step.get("target_label") == _TAKEN_FROM), "")


def _parts(value: Any, read: Mapping[tuple[str, str], Thing]) -> list[str]:
    """Return the content of all ConfigMaps and Secrets that a part of an object names, but for dashboards."""
    named = sorted({*_references(value)} & read.keys())
    return [_data(read[key]) for key in named if not read[key].is_dashboard]


def _data(each: Thing) -> str:
    return json.dumps([each.content.get("data"), each.content.get("binaryData")], sort_keys=True)


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the kinds and names of the ConfigMaps and Secrets that a pod or a scrape names anywhere."""
    if isinstance(value, Mapping):
        if {"name", "key"} <= value.keys():
            yield "Secret", str(value["name"])  # as the operator's objects name a secret
        for key, inner in value.items():
            if isinstance(inner, Mapping):
                name = inner.get("name") or inner.get("secretName")
                if key in ("configMap", "configMapRef", "configMapKeyRef"):
                    yield "ConfigMap", str(name)
                elif key in ("secret", "secretRef", "secretKeyRef"):
                    yield "Secret", str(name)
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


# -- differences ----------------------------------------------------------------------------------------------


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths of the fields by which two objects differ, but for what the API server keeps in them.

    Values are not among what is returned: they may be secrets.
    """
    return tuple(dict.fromkeys(_paths(_settings(found), _settings(wanted), "")))


def _settings(content: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in content["metadata"].items() if key not in _OF_SERVER}
    return {**{key: value for key, value in content.items() if key != "status"}, "metadata": metadata}


def _paths(found: Any, wanted: Any, path: str) -> Iterator[str]:
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        for key in sorted({*found, *wanted}):
            yield from _paths(found.get(key), wanted.get(key), f"{path}.{key}" if path else key)
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for number, (one, other) in enumerate(zip(found, wanted, strict=True)):
            yield from _paths(one, other, f"{path}[{number}]")
    elif found != wanted:
        yield path


def unlisted(found: Iterable[Thing], wanted: Iterable[Thing]) -> list[Thing]:
    """Return the objects that are there and not wanted any more, in the order in which they are removed."""
    kept = {*wanted}
    gone = [each for each in found if each not in kept]
    return sorted(gone, key=lambda each: (-_ORDER[each.kind], each.name))
