"""A real API server of Kubernetes with the Prometheus Operator's definitions, and what it says of objects.

It is built by tests/servers/kubernetes.py. Nothing runs in such a cluster: there is no node, and no controller. What
the API server itself decides is real: fields, names, values, rights and the admission of pods.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

from stackctl.tree import load_texts
from stackctl.wait import wait_until
from tests.e2e.real_stack import cannot_run
from tests.ports import free_port
from tests.servers import kubernetes
from tests.servers.cluster import TOKEN

CERTIFICATES = Path(__file__).parents[1] / "certificates"
START_SECONDS = 120
STOP_SECONDS = 30
# Pods of such a namespace have to be as restricted as Kubernetes can ask for; others that make them are warned of.
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}


@dataclass(frozen=True)
class Answer:
    """Answer of the API server about an object: "" or why it refuses it, and its warnings."""

    refusal: str
    warnings: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """All that it says against the object."""
        return (*([self.refusal] if self.refusal else []), *self.warnings)


@dataclass
class ApiServer:
    """A client of the API server at `url`, as its administrator."""

    url: str
    authority: Path = CERTIFICATES / "ca.crt"
    session: requests.Session = field(default_factory=requests.Session)
    _kinds: dict[str, dict[str, tuple[str, bool]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"
        self.session.verify = str(self.authority)
        self.session.trust_env = False

    def is_ready(self) -> bool:
        """Return whether it serves."""
        try:
            return self.session.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def apply(self, content: bytes, namespace: str, *, dry_run: bool = False, part: str = "") -> Answer:
        """Apply the object of a YAML file on the server's side, strictly; or a `part` of it, such as `/status`."""
        thing = load_texts(content)
        query = {"fieldManager": "test", "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
        sent = self.session.patch(
            f"{self._place(thing, namespace)}/{thing['metadata']['name']}{part}",
            params=query,
            data=content,
            headers={"Content-Type": "application/apply-patch+yaml"},
            timeout=30,
        )
        # 299 - "the warning", several of them in one line.
        warnings = tuple(each.strip() for each in sent.headers.get("Warning", "").split("299 - ") if each.strip())
        return Answer("" if sent.ok else sent.json()["message"], warnings)

    def make_namespace(self, name: str, *, is_restricted: bool = True) -> None:
        """Make a namespace, in which pods may have to be restricted, with the account that a controller would make."""
        metadata = {"name": name, "labels": RESTRICTED if is_restricted else {}}
        labels = {"metadata": metadata, "apiVersion": "v1", "kind": "Namespace"}
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        for each in (labels, account):
            assert self.apply(yaml.safe_dump(each).encode(), name).problems == ()

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        answer = self.session.get(f"{self.url}{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def text(self, path: str) -> str:
        """The text at a path."""
        answer = self.session.get(f"{self.url}{path}", timeout=30)
        answer.raise_for_status()
        return answer.text

    def has(self, path: str) -> bool:
        """Return whether there is something at a path."""
        answer = self.session.get(f"{self.url}{path}", timeout=30)
        assert answer.status_code in (200, 404), answer.text
        return answer.ok

    def delete(self, path: str) -> None:
        """Begin to delete what is at a path."""
        self.session.delete(f"{self.url}{path}", timeout=30).raise_for_status()

    def token(self, namespace: str, account: str) -> str:
        """A token of a service account."""
        place = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = self.session.post(f"{self.url}{place}", json=asked, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["status"]["token"])

    def may_read(self, user: str, path: str) -> bool:
        """Return whether a user may read what is at a path."""
        answer = self.session.get(f"{self.url}{path}", headers={"Impersonate-User": user}, timeout=30)
        assert answer.status_code in (200, 403), answer.text
        return answer.ok

    def _place(self, thing: Any, namespace: str) -> str:
        version = thing["apiVersion"]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self._kinds:
            self._kinds[version] = {
                each["kind"]: (each["name"], each["namespaced"])
                for each in self.get(base)["resources"]
                if "/" not in each["name"]
            }
        name, namespaced = self._kinds[version][thing["kind"]]
        inside = f"/namespaces/{thing['metadata'].get('namespace', namespace)}" if namespaced else ""
        return f"{self.url}{base}{inside}/{name}"


@contextmanager
def api_server(folder: Path) -> Iterator[ApiServer]:
    """Run etcd and an API server that keeps its objects there, with their files in `folder`; end both."""
    programs = kubernetes.folder()
    if not programs.is_dir():
        cannot_run(f"Kubernetes {kubernetes.KUBERNETES} was not built: run `python -m tests.servers.kubernetes`")
    etcd, peer, port = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}", free_port()
    server = ApiServer(f"https://127.0.0.1:{port}")
    (folder / "tokens.csv").write_text(f'{TOKEN},administrator,1,"system:masters"\n')
    with (
        running(folder / "etcd.log", programs / "etcd", *_etcd_flags(folder, etcd, peer)),
        running(folder / "api.log", programs / "kube-apiserver", *_api_flags(folder, etcd, port)) as process,
    ):
        wait_until(lambda: server.is_ready() or process.poll() is not None, bool, START_SECONDS, what="the API server")
        assert process.poll() is None, (folder / "api.log").read_text()[-4000:]
        _define(server, programs / kubernetes.DEFINITIONS)
        yield server


def _etcd_flags(folder: Path, client: str, peer: str) -> list[str]:
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _api_flags(folder: Path, etcd: str, port: int) -> list[str]:
    certificate, key = CERTIFICATES / "server.crt", CERTIFICATES / "server.key"
    return [
        f"--etcd-servers={etcd}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={folder / 'certificates'}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={certificate}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.96.0.0/16",
    ]


@contextmanager
def running(log: Path, program: Path, *flags: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server, which is ended whatever happens."""
    variables = {**os.environ, **environment}
    with log.open("wb") as output:
        process = subprocess.Popen([str(program), *flags], cwd=log.parent, stdout=output, stderr=output, env=variables)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _define(server: ApiServer, definitions: Path) -> None:
    """Apply the operator's definitions, and wait until their objects can be."""
    for path in sorted(definitions.iterdir()):
        assert server.apply(path.read_bytes(), "").refusal == ""
    place = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    wait_until(lambda: server.get(place)["items"], _are_served, START_SECONDS, what="the operator's definitions")


def _are_served(definitions: list[Any]) -> bool:
    return all(("Established", "True") in _conditions(each) for each in definitions)


def _conditions(definition: Any) -> list[tuple[str, str]]:
    """The conditions of a definition; a new one has none yet, in one form or another."""
    conditions = (definition.get("status") or {}).get("conditions") or ()
    return [(each["type"], each["status"]) for each in conditions]
