"""A whole Kubernetes of one node, which runs pods, with the Prometheus Operator at work in it.

Its programs are those of tests/servers/kubernetes.py and the modules next to it, containerd is that of the Docker
engine, and its images are those that tests/images/build has built. All of it runs in namespaces of its own
(tests/servers/cluster_node.py): it has no port of the machine, and with its first process everything ends. Only root
on Linux with cgroup v1 can run it; its memory is bounded.

Run it with the project's Python: `python -m tests.servers.cluster up` or `down`. What runs already is kept. The folder
`folder()` has the files that clients need: the API server is at URL for who has `client.crt` and `client.key`, or the
token, and trusts `ca.crt`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stackctl.components import registry
from stackctl.errors import StackctlError
from stackctl.tools import cache
from stackctl.wait import wait_until
from tests.servers import coredns, kubernetes, prometheus_operator

NODE = "stackctl-node"
# The machine and the node are the two ends of a wire.
HOST_ADDRESS, NODE_ADDRESS = "10.245.0.1", "10.245.0.2"
PORT, OPERATOR_PORT = 6443, 8080
URL = f"https://{NODE_ADDRESS}:{PORT}"
PODS, SERVICES, FIRST_SERVICE = "10.244.0.0/24", "10.96.0.0/16", "10.96.0.1"
DNS_DOMAIN = "cluster.local"
TOKEN = "of-an-administrator"
SANDBOX_IMAGE = "localhost/sandbox:1"
# Runs in the place of Grafana's image, which no machine of ours can have. Docker does not know it by that name.
GRAFANA_STAND_IN = "localhost/grafana-stand-in:1"
# Of the images that tests/images/build has built.
IMAGE_LABEL = "stackctl.test.made-from"
CGROUPS = Path("/sys/fs/cgroup")
# The control group of all that runs there, and the machine's end of the wire.
CGROUP = "stackctl-pods"
MEMORY_BYTES = 6 * 1024**3
START_SECONDS = 180
STOP_SECONDS = 60
DAYS = "365"

# The client of containerd, up to the path of the socket that it asks.
CTR = (cache.cache_dir() / "servers" / "engine" / "usr" / "bin" / "ctr", "--address")


def folder() -> Path:
    """The folder of the cluster's files."""
    return cache.cache_dir() / "servers" / "cluster"


def unable() -> str:
    """Return why no program could make this machine run the cluster, "" if one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root on Linux can run pods"
    if not (CGROUPS / "memory").is_dir():
        return "the cluster's memory can only be bounded with cgroup v1"
    return ""


def why_not() -> str:
    """Return why this machine cannot run the cluster now, "" if it can."""
    if reason := unable():
        return reason
    needed = [kubernetes.folder() / program for program in kubernetes.PROGRAMS]
    needed += [prometheus_operator.program(), coredns.program()]
    missing = [path.name for path in needed if not path.is_file()]
    return f"not built: {', '.join(missing)}" if missing else ""


def up() -> None:
    """Start the cluster unless it runs, and wait until pods can run in it."""
    if reason := why_not():
        sys.stdout.write(f"no cluster: {reason}\n")
        return
    if not (is_running() and is_ready()):
        down()
        shutil.rmtree(folder(), ignore_errors=True)
        folder().mkdir(parents=True)
        certify()
        (folder() / "kubeconfig").write_text(json.dumps(kubeconfig()))
        process = start()
        wait_for(process, "containerd", takes_images)
        load_images()
        wait_for(process, "the node", is_ready)
    else:
        load_images()


def start() -> subprocess.Popen[bytes]:
    """Start the node's first process in namespaces of its own; it has the machine's network as an open file."""
    network = os.open("/proc/self/ns/net", os.O_RDONLY)
    separate = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"]
    inside = [sys.executable, "-m", "tests.servers.cluster_node"]
    # The file gets the number by which the node knows it.
    command = f'exec 3</proc/self/fd/{network} && exec "$@" >{folder()}/node.log 2>&1'
    process = subprocess.Popen(
        ["bash", "-c", command, "bash", *separate, *inside],
        cwd=Path(__file__).parents[2],
        pass_fds=[network],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(network)
    (folder() / "pid").write_text(f"{process.pid} {started_at(process.pid)}")
    return process


def down() -> None:
    """Stop the cluster that `up` started, and only that one; wait until nothing of it is left."""
    if is_running():
        pid = int((folder() / "pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)  # with it ends the first process of the namespaces, and with that all others
        wait_until(lambda: started_at(pid), lambda found: not found, STOP_SECONDS, what="the cluster's end")
    (folder() / "pid").unlink(missing_ok=True)
    # The kernel may keep the network for a while after its last process.
    subprocess.run(["ip", "link", "delete", CGROUP], capture_output=True, check=False)
    for top in CGROUPS.glob(f"*/{CGROUP}"):
        wait_until(lambda top=top: removed(top), bool, STOP_SECONDS, what="the end of all pods")


def removed(group: Path) -> bool:
    """Remove a control group with all below it; return whether it is gone. One with a process in it stays."""
    for path, _, _ in os.walk(group, topdown=False):
        try:
            Path(path).rmdir()
        except OSError:
            return False
    return True


def is_running() -> bool:
    """Return whether the process that `up` started is there, and not another one with its number."""
    path = folder() / "pid"
    if not path.is_file():
        return False
    pid, began = path.read_text().split()
    return started_at(int(pid)) == began


def started_at(pid: int) -> str:
    """When a process began, as the kernel counts; "" for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def wait_for(process: subprocess.Popen[bytes], what: str, is_there: Callable[[], bool]) -> None:
    """Wait for a condition, while the node runs."""
    wait_until(lambda: process.poll() is not None or is_there(), bool, START_SECONDS, what=what)
    if process.poll() is not None:
        raise SystemExit(f"the cluster ended: {(folder() / 'node.log').read_text()[-2000:]}")


def takes_images() -> bool:
    """Return whether containerd answers."""
    return (
        subprocess.run([*CTR, folder() / "containerd.sock", "version"], capture_output=True, check=False).returncode
        == 0
    )


def is_ready() -> bool:
    """Return whether the node runs pods, and pods get an account, and there are the operator's objects."""
    node = asked(f"/api/v1/nodes/{NODE}")
    conditions = json.loads(node)["status"]["conditions"] if node else ()
    runs = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return runs and asked("/api/v1/namespaces/default/serviceaccounts/default") != b"" and are_defined()


def are_defined() -> bool:
    """Return whether the operator's objects are served."""
    served = asked("/apis/monitoring.coreos.com/v1"), asked("/apis/monitoring.coreos.com/v1alpha1")
    return all(name in each for each, name in zip(served, (b"prometheuses", b"scrapeconfigs"), strict=True))


def asked(path: str, *, method: str = "GET", body: bytes | None = None, kind: str = "") -> bytes:
    """The answer of the API server at a path, b"" for none."""
    trust = ssl.create_default_context(cafile=str(folder() / "ca.crt"))
    headers = {"Authorization": f"Bearer {TOKEN}", **({"Content-Type": kind} if kind else {})}
    request = urllib.request.Request(f"{URL}{path}", method=method, headers=headers, data=body)
    try:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        with opener.open(request, timeout=10) as answer:
            found: bytes = answer.read()
            return found
    except (urllib.error.URLError, OSError):
        return b""


def define() -> None:
    """Apply the operator's definitions."""
    for path in sorted((kubernetes.folder() / kubernetes.DEFINITIONS).iterdir()):
        name = f"{path.stem.partition('_')[2]}.monitoring.coreos.com"
        place = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}?fieldManager=test&force=true"
        if not asked(place, method="PATCH", body=path.read_bytes(), kind="application/apply-patch+yaml"):
            raise SystemExit(f"the API server did not accept {path.name}")


def load_images() -> None:
    """Give containerd the images that Docker has, unless it has them already."""
    listed = subprocess.run(
        [
            "docker",
            "image",
            "ls",
            "--no-trunc",
            f"--filter=label={IMAGE_LABEL}",
            "--format",
            "{{.Repository}}:{{.Tag}} {{.ID}}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    images = dict(line.split() for line in sorted(listed.splitlines()) if "<none>" not in line)
    given = folder() / "given-images.json"
    known = json.loads(given.read_text()) if given.is_file() else {}
    new = [name for name, identity in images.items() if known.get(name) != identity]
    if not new:
        return
    with subprocess.Popen(["docker", "save", *new], stdout=subprocess.PIPE) as saved:
        command = [*CTR, folder() / "containerd.sock", "--namespace", "k8s.io", "images", "import", "-"]
        subprocess.run(command, stdin=saved.stdout, stdout=subprocess.DEVNULL, check=True)
    if GRAFANA_STAND_IN in new:
        named = ["images", "tag", "--force", GRAFANA_STAND_IN, f"docker.io/{registry.component('grafana').image}"]
        subprocess.run([*CTR, folder() / "containerd.sock", "--namespace", "k8s.io", *named], check=True)
    given.write_text(json.dumps(images))


def certify() -> None:
    """Make the authority, the certificate of the API server, and that of an administrator."""
    names = f"DNS:kubernetes.default.svc,DNS:localhost,IP:{FIRST_SERVICE},IP:{NODE_ADDRESS}"
    ca = ["-CA", "ca.crt", "-CAkey", "ca.key"]
    openssl("ca", "/CN=stackctl-tests", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("server", "/CN=kube-apiserver", *ca, "-addext", f"subjectAltName={names}")
    openssl("client", "/O=system:masters/CN=administrator", *ca, "-addext", "extendedKeyUsage=clientAuth")


def openssl(name: str, subject: str, *more: str) -> None:
    """Make a key and a certificate."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", DAYS, "-subj", subject]
    made += ["-keyout", f"{name}.key", "-out", f"{name}.crt", *more]
    subprocess.run(made, cwd=folder(), check=True, capture_output=True)


def kubeconfig() -> dict[str, Any]:
    """The settings of a client of the API server, its administrator."""
    files = {"client-certificate": f"{folder()}/client.crt", "client-key": f"{folder()}/client.key"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "test", "cluster": {"server": URL, "certificate-authority": f"{folder()}/ca.crt"}},
        ],
        "users": [{"name": "test", "user": files}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }


def main() -> None:
    """Bring the cluster up, or down."""
    commands = {"up": up, "down": down}
    if sys.argv[1:] not in ([name] for name in commands):
        raise SystemExit("usage: python -m tests.servers.cluster up|down")
    try:
        commands[sys.argv[1]]()
    except StackctlError as error:
        raise SystemExit(f"{error}; see the logs in {folder()}") from None


if __name__ == "__main__":
    main()
