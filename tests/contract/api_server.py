"""A pretended API server of Kubernetes, which keeps objects as they are applied. Nothing runs in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stackctl.cluster.objects import KINDS, OF_CLUSTER

MORE = (("v1", "Namespace"), ("v1", "Pod"), ("v1", "Event"))


@dataclass
class Pretended:
    """Path -> object. `refused` are the names of objects that it does not accept, with its status; `applied` are the
    names of those that were applied, and not only tried. `proxied` is what pods answer, by its path, or makes it of a
    query; `after_change` is called whenever an object was changed."""

    url: str = ""
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    has_operator: bool = True
    applied: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    proxied: dict[str, Any] = field(default_factory=dict)
    after_change: Callable[[], None] = lambda: None

    def add(self, content: Mapping[str, Any]) -> None:
        """Add an object as somebody else makes it."""
        metadata = content["metadata"]
        self.objects[
            path_of(content["apiVersion"], content["kind"], metadata.get("namespace", ""), metadata["name"])
        ] = {**content}

    def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        if parts.path == "/version":
            return 200, {"gitVersion": "v1.36.0"}
        if found := self._kinds(parts.path):
            return found
        if parts.path in self.proxied:
            found = self.proxied[parts.path]
            return 200, found(query) if callable(found) else found
        if method in ("PATCH", "DELETE"):
            tries = "dryRun" in query
            answer = self._change(method, parts.path, body, tries)
            if not tries:
                self.after_change()
            return answer
        if parts.path in self.objects:
            return 200, self.objects[parts.path]
        items = [each for path, each in sorted(self.objects.items()) if path.rpartition("/")[0] == parts.path]
        if parts.path.rpartition("/")[2] not in {_plural(kind) for _, kind in (*KINDS, *MORE)}:
            return _absent(parts.path)
        labels = dict(each.split("=", 1) for each in query.get("labelSelector", [""])[0].split(",") if each)
        chosen = [each for each in items if labels.items() <= (each["metadata"].get("labels") or {}).items()]
        first, size = int(query.get("continue", ["0"])[0]), int(query["limit"][0])
        further = str(first + size) if len(chosen) > first + size else ""
        return 200, {"metadata": {"continue": further}, "items": chosen[first : first + size]}

    def _change(self, method: str, path: str, body: Any, tries: bool) -> tuple[int, Any]:
        if method == "PATCH":
            return self._apply(path, body, tries)
        self.deleted.append(path.rpartition("/")[2])
        return (200, {}) if self.objects.pop(path, None) else _absent(path)

    def _kinds(self, path: str) -> tuple[int, Any] | None:
        kinds = [(version, kind) for version, kind in (*KINDS, *MORE) if path == _base(version)]
        if not kinds or (path.startswith("/apis/monitoring") and not self.has_operator):
            return (404, {"message": "not found"}) if kinds else None
        return 200, {
            "resources": [
                {"name": _plural(kind), "kind": kind, "namespaced": kind not in (*OF_CLUSTER, "Namespace")}
                for _, kind in kinds
            ]
        }

    def _apply(self, path: str, body: Any, tries: bool) -> tuple[int, Any]:
        if "metadata" not in body:  # a merge
            before = self.objects[path]
            body = {**before, "spec": {**before["spec"], **body["spec"]}}
        name = body["metadata"]["name"]
        if name in self.refused:
            return self.refused[name], {"message": f"{name} is refused"}
        made = {**self.objects.get(path, {}), **body}
        if not tries:
            self.applied.append(name)
            self.objects[path] = made
        return 200, made


def path_of(version: str, kind: str, namespace: str, name: str) -> str:
    inside = f"/namespaces/{namespace}" if namespace and kind not in (*OF_CLUSTER, "Namespace") else ""
    return f"{_base(version)}{inside}/{_plural(kind)}/{name}"


def _base(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _plural(kind: str) -> str:
    return f"{kind[:-1]}ies".lower() if kind.endswith("y") else f"{kind}s".lower()


def _absent(path: str) -> tuple[int, Any]:
    return 404, {"message": f"{path} not found"}


@contextmanager
def pretended(folder: Path, *, namespace: str = "shop") -> Iterator[Pretended]:
    """Serve, and write the kubeconfig `config` with the context `test` to a folder."""
    made = Pretended()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, content = made.answer(self.command, self.path, body)
            text = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names that the library calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    made.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    (folder / "config").write_text(json.dumps(kubeconfig(made.url)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def kubeconfig(url: str, **cluster: Any) -> dict[str, Any]:
    """A kubeconfig with the context `test`."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url, **cluster}}],
        "users": [{"name": "u", "user": {"token": "s3cret-9"}}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
    }
