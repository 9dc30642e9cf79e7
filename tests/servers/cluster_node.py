"""The one node of the cluster of tests/servers/cluster.py: the first process of namespaces of its own.

It has its own processes, mounts and network, so all of it ends with this process: servers, pods, mounts, addresses and
the rules of its firewall. It ends when one of its servers does, and says which.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from stackctl.tools import cache
from stackctl.wait import wait_until
from tests.servers import coredns, kubernetes, prometheus_operator
from tests.servers.cluster import (
    CGROUP,
    CGROUPS,
    DNS_DOMAIN,
    HOST_ADDRESS,
    MEMORY_BYTES,
    NODE,
    NODE_ADDRESS,
    OPERATOR_PORT,
    PODS,
    PORT,
    SANDBOX_IMAGE,
    SERVICES,
    START_SECONDS,
    TOKEN,
    are_defined,
    asked,
    define,
    folder,
)

# The file of this process that is the network of the machine.
HOST_NETWORK = 3
BITS = 30
ETCD = "http://127.0.0.1:2379"
SERVERS = cache.cache_dir() / "servers"
ENGINE = SERVERS / "engine" / "usr" / "bin"
# A kernel without nftables refuses the system's iptables; this folder has its legacy variant by the usual names.
PATH = f"{SERVERS / 'legacy'}:{ENGINE}:{os.environ['PATH']}"


def main() -> None:
    """Start all servers, and wait until one of them ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    limit()
    mount()
    connect()
    written()
    first = {name: begin(name) for name in ("etcd", "kube-apiserver", "containerd")}
    serve(first["kube-apiserver"])
    started = first | {name: begin(name) for name in lines() if name not in first}
    names = {process.pid: name for name, process in started.items()}
    while True:
        pid, status = os.wait()  # ends what pods leave behind, too
        if pid in names:
            raise SystemExit(f"{names[pid]} ended: {os.waitstatus_to_exitcode(status)}; see {names[pid]}.log")


def serve(server: subprocess.Popen[bytes]) -> None:
    """Wait until the API server serves, the operator's objects too."""
    wait_until(lambda: server.poll() is not None or asked("/readyz") == b"ok", bool, START_SECONDS)
    define()
    wait_until(are_defined, bool, START_SECONDS)


def limit() -> None:
    """Bound the memory of the servers and of all pods. The groups of each of the kernel's resources have one."""
    for resource in CGROUPS.iterdir():
        group = resource / CGROUP
        if not (resource / "cgroup.procs").exists():
            continue
        group.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (group / name).exists():
                (group / name).write_text((resource / name).read_text())
    memory = CGROUPS / "memory" / CGROUP
    (memory / "memory.limit_in_bytes").write_text(str(MEMORY_BYTES))
    (memory / "cgroup.procs").write_text(str(os.getpid()))


def mount() -> None:
    """Put the folders that the servers insist on into the cluster's own; mounts of the node are seen in its pods."""
    run("mount", "--make-rshared", "/")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    for place in (Path("/var/lib/kubelet"), Path("/var/log")):
        own = folder() / place.name
        own.mkdir(exist_ok=True)
        place.mkdir(exist_ok=True)
        run("mount", "--bind", own, place)


def connect() -> None:
    """Connect the network of the node with that of the machine, by two addresses that nobody else uses."""
    outside = f"/proc/self/fd/{HOST_NETWORK}"
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "machine", "type", "veth", "peer", "name", CGROUP, "netns", outside)
    run("ip", "address", "add", f"{NODE_ADDRESS}/{BITS}", "dev", "machine")
    run("ip", "link", "set", "machine", "up")
    for command in (f"address add {HOST_ADDRESS}/{BITS} dev {CGROUP}", f"link set {CGROUP} up"):
        run("nsenter", f"--net={outside}", "ip", *command.split())
    run("ip", "route", "add", "default", "via", HOST_ADDRESS)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    os.close(HOST_NETWORK)


def run(*command: str | Path) -> None:
    """Run a program that has to succeed."""
    subprocess.run(command, check=True, pass_fds=[HOST_NETWORK], env={**os.environ, "PATH": PATH})


def written() -> None:
    """Write the configuration of each server."""
    place = folder()
    (place / "cni.d").mkdir(exist_ok=True)
    (place / "containerd.toml").write_text(containerd())
    (place / "cni.d" / "10-bridge.conflist").write_text(json.dumps(network()))
    (place / "kubelet.yaml").write_text(yaml.safe_dump(kubelet()))
    (place / "kube-proxy.yaml").write_text(yaml.safe_dump(proxy()))
    (place / "Corefile").write_text(dns())
    (place / "tokens.csv").write_text(f'{TOKEN},administrator,1,"system:masters"\n')


def containerd() -> str:
    """The configuration of containerd."""
    place = folder()
    return f"""
version = 3
root = "{place}/images"
state = "/run/containerd"
[grpc]
  address = "{place}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{place}/opt"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "{SANDBOX_IMAGE}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["{SERVERS / "cni" / "usr/lib/cni"}"]
    conf_dir = "{place}/cni.d"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""


def network() -> dict[str, object]:
    """The network of the pods: a bridge."""
    addresses = {"type": "host-local", "dataDir": "/run/cni", "ranges": [[{"subnet": PODS}]]}
    ipam = {**addresses, "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {"type": "bridge", "bridge": "pods", "isGateway": True, "hairpinMode": True, "ipam": ipam}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, ports]}


def kubelet() -> dict[str, object]:
    """The configuration of the kubelet: on cgroup v1, and where no process may lower its score of the OOM killer."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{folder()}/containerd.sock",
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "enforceNodeAllocatable": [],
        "localStorageCapacityIsolation": False,
        "evictionHard": {"memory.available": "50Mi"},
        "clusterDNS": [NODE_ADDRESS],
        "clusterDomain": DNS_DOMAIN,
        "resolvConf": "",
        # What is changed is seen soon.
        "syncFrequency": "10s",
        "configMapAndSecretChangeDetectionStrategy": "Watch",
        "nodeStatusUpdateFrequency": "10s",
    }


def proxy() -> dict[str, object]:
    """The configuration of kube-proxy. Pods of one bridge find their way back only by the node's address."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": PODS,
        "clientConnection": {"kubeconfig": f"{folder()}/kubeconfig"},
        "iptables": {"masqueradeAll": True},
        # These are the machine's, not the node's.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "oomScoreAdj": 0,
        "metricsBindAddress": "",
    }


def dns() -> str:
    """The configuration of CoreDNS."""
    return f"""{DNS_DOMAIN}:53 {{
    bind {NODE_ADDRESS}
    errors
    kubernetes {DNS_DOMAIN} {{
        kubeconfig {folder()}/kubeconfig
        ttl 1
    }}
}}
"""


def lines() -> dict[str, list[object]]:
    """Name of each server -> its command line."""
    place, built = folder(), kubernetes.folder()
    leader = "--leader-elect=false"
    kubeconfig = f"--kubeconfig={place}/kubeconfig"
    as_client = [kubeconfig, f"--authentication-kubeconfig={place}/kubeconfig"]
    as_client += [f"--authorization-kubeconfig={place}/kubeconfig"]
    return {
        "containerd": [ENGINE / "containerd", "--config", place / "containerd.toml"],
        "etcd": [built / "etcd", *etcd()],
        "kube-apiserver": [built / "kube-apiserver", *api_server()],
        "kube-controller-manager": [
            *(built / "kube-controller-manager", *as_client, leader),
            f"--service-account-private-key-file={place}/server.key",
            f"--root-ca-file={place}/ca.crt",
            *("--use-service-account-credentials", "--pvclaimbinder-sync-period=1s"),
        ],
        "kube-scheduler": [built / "kube-scheduler", *as_client, leader],
        "kubelet": [
            *(
                built / "kubelet",
                kubeconfig,
                f"--config={place}/kubelet.yaml",
                f"--cert-dir={place}/kubelet-certificates",
            ),
            *(f"--node-ip={NODE_ADDRESS}", f"--hostname-override={NODE}"),
        ],
        "kube-proxy": [built / "kube-proxy", f"--config={place}/kube-proxy.yaml", f"--hostname-override={NODE}"],
        "coredns": [coredns.program(), "-conf", place / "Corefile"],
        "operator": [
            prometheus_operator.program(),
            *(f"--web.listen-address=127.0.0.1:{OPERATOR_PORT}", "--kubelet-endpoints=false"),
        ],
    }


def begin(name: str) -> subprocess.Popen[bytes]:
    """Start a server, whose output is in its log."""
    environment = {**os.environ, "PATH": PATH, "KUBECONFIG": f"{folder()}/kubeconfig"}
    with (folder() / f"{name}.log").open("wb") as log:
        return subprocess.Popen([str(each) for each in lines()[name]], stdout=log, stderr=log, env=environment)


def etcd() -> list[str]:
    """The flags of etcd, which may forget all when the machine fails."""
    return [
        f"--data-dir={folder()}/etcd",
        *(f"--listen-client-urls={ETCD}", f"--advertise-client-urls={ETCD}"),
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def api_server() -> list[str]:
    """The flags of the API server. Pods reach it as the first of all Services, people by the node's address."""
    place = folder()
    return [
        f"--etcd-servers={ETCD}",
        *("--bind-address=0.0.0.0", f"--secure-port={PORT}", f"--advertise-address={NODE_ADDRESS}"),
        *(f"--tls-cert-file={place}/server.crt", f"--tls-private-key-file={place}/server.key"),
        *(f"--client-ca-file={place}/ca.crt", f"--token-auth-file={place}/tokens.csv", "--authorization-mode=RBAC"),
        *(f"--kubelet-client-certificate={place}/client.crt", f"--kubelet-client-key={place}/client.key"),
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer=https://kubernetes.default.svc.{DNS_DOMAIN}",
        f"--service-account-key-file={place}/server.key",
        f"--service-account-signing-key-file={place}/server.key",
        f"--service-cluster-ip-range={SERVICES}",
        "--allow-privileged",
    ]


if __name__ == "__main__":
    main()
