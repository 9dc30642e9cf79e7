"""The API server of a Kubernetes cluster: objects, logs, and the proxy to the pods in it.

Paths and parameters are those of Kubernetes' own API: server-side apply with strict validation of fields, label
selectors, and the subresource `proxy` of pods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stackctl.access import Access
from stackctl.clients.http import Http, NoAnswer

MANAGER = "stackctl"
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
# So many objects of a list are asked for at once.
_PAGE = "500"
_NOT_FOUND = 404
# Data outlives what it was made for, and pods are not left behind.
_DELETE = {"propagationPolicy": "Background"}


@dataclass(frozen=True)
class ApiServer:
    """The API server, as one user."""

    http: Http
    # The path and the scope of each kind of a version of the API, which is asked once: kind -> (name, is namespaced).
    _kinds: dict[str, Mapping[str, tuple[str, bool]]] = field(default_factory=dict, init=False, repr=False)

    def version(self) -> str:
        """Return its version, like `v1.36.0`. Raises NoAnswer."""
        return self.http.json("/version", lambda content: str(content["gitVersion"]))

    def serves(self, version: str, kind: str) -> bool:
        """Return whether it has a kind of object. Raises NoAnswer."""
        return kind in self._served(version)

    def apply(self, content: Mapping[str, Any], *, dry_run: bool) -> Mapping[str, Any]:
        """Apply an object, and return it as it is then, or would be. Raises NoAnswer with the server's own words.

        Its fields are set even if somebody else has set them last; all other fields stay as they are.
        """
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict", "force": "true"}
        query |= {"dryRun": "All"} if dry_run else {}
        applying = replace(self.http, content_type=_APPLY)
        return applying.json(self._place(content), _mapping, method="PATCH", params=query, body=content)

    def find(self, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the object of that kind, namespace and name, None where there is none. Raises NoAnswer."""
        try:
            return self.http.json(self._place(content), _mapping)
        except NoAnswer as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def has_namespace(self, name: str) -> bool:
        """Return whether there is a namespace. Raises NoAnswer."""
        return self.find({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}) is not None

    def listed(
        self, version: str, kind: str, namespace: str, labels: Mapping[str, str] | None = None
    ) -> list[Mapping[str, Any]]:
        """Return the objects of a kind in a namespace ("" for all) with some labels. Raises NoAnswer."""
        base = {"apiVersion": version, "kind": kind}
        path = self._path(version, kind, namespace)
        query = {"limit": _PAGE, "labelSelector": ",".join(f"{key}={value}" for key, value in (labels or {}).items())}
        found: list[Mapping[str, Any]] = []
        while True:
            items, further = self.http.json(path, _page, params=query)
            found += [{**base, **each} for each in items]
            if not further:
                return found
            query["continue"] = further

    def delete(self, content: Mapping[str, Any]) -> None:
        """Begin to delete an object. One that is gone is no error. Raises NoAnswer."""
        answer = self.http.ask(self._place(content), method="DELETE", body=_DELETE)
        if not answer.ok and answer.status != _NOT_FOUND:
            raise self.http.refused(self._place(content), answer)

    def scale(self, content: Mapping[str, Any], replicas: int) -> None:
        """Set how many pods an object has, and nothing else of it. Raises NoAnswer."""
        merging = replace(self.http, content_type=_MERGE)
        change = {"spec": {"replicas": replicas}}
        merging.json(self._place(content), _mapping, method="PATCH", params={"fieldManager": MANAGER}, body=change)

    def log(self, namespace: str, pod: str, container: str, *, lines: int | None, since: str = "") -> str:
        """Return what a container has written, each line after its time: the last `lines` of it, None for all, and
        nothing from before `since`, in whole seconds. Raises NoAnswer."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        query = {"container": container, "timestamps": "true"}
        query |= {"tailLines": str(lines)} if lines is not None else {}
        query |= {"sinceTime": since} if since else {}
        answer = self.http.ask(path, params=query)
        if not answer.ok:
            raise self.http.refused(path, answer)
        return answer.text

    def through(self, namespace: str, pod: str, port: int) -> Access:
        """Return the access to a port of a pod, by the proxy of the API server."""
        url = f"{self.http.base}/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy"
        return replace(self.http.access, url=url)

    def _place(self, content: Mapping[str, Any]) -> str:
        metadata = content["metadata"]
        path = self._path(content["apiVersion"], content["kind"], metadata.get("namespace", ""))
        return f"{path}/{metadata['name']}"

    def _path(self, version: str, kind: str, namespace: str) -> str:
        name, is_namespaced = self._served(version)[kind]
        inside = f"/namespaces/{namespace}" if is_namespaced and namespace else ""
        return f"{_base(version)}{inside}/{name}"

    def _served(self, version: str) -> Mapping[str, tuple[str, bool]]:
        if version not in self._kinds:
            try:
                self._kinds[version] = self.http.json(_base(version), lambda content: _kinds(content["resources"]))
            except NoAnswer as error:
                if error.status != _NOT_FOUND:
                    raise
                self._kinds[version] = {}
        return self._kinds[version]


def _base(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _kinds(resources: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, bool]]:
    return {each["kind"]: (each["name"], bool(each["namespaced"])) for each in resources if "/" not in each["name"]}


def _page(content: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], str]:
    return list(content["items"] or ()), str(content["metadata"].get("continue") or "")


def _mapping(content: Any) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise TypeError("not an object")
    return content
