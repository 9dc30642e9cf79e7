"""Build the programs of a Kubernetes cluster, its etcd and kustomize from their Go modules, into the user's cache.

With them come the Prometheus Operator's definitions of its objects. All of it is kept by its versions, so a second run
costs nothing; a first one takes about fifteen minutes on two cores. etcd and kustomize have the versions that
Kubernetes itself requires.

Run it with the project's Python: `python -m tests.servers.kubernetes`. Prints the folder.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from stackctl.tools import cache
from tests.servers.go_modules import GO, PROCESSES, download, need_go

KUBERNETES = "1.36.3"
OPERATOR = "0.85.0"

MODULE = "k8s.io/kubernetes"
OPERATOR_MODULE = "github.com/prometheus-operator/prometheus-operator"
# Program -> the package that it is built from, and the module of that where it is not Kubernetes' own.
PROGRAMS = {
    "kube-apiserver": (f"{MODULE}/cmd/kube-apiserver", ""),
    "kube-controller-manager": (f"{MODULE}/cmd/kube-controller-manager", ""),
    "kube-scheduler": (f"{MODULE}/cmd/kube-scheduler", ""),
    "kube-proxy": (f"{MODULE}/cmd/kube-proxy", ""),
    "kubelet": (f"{MODULE}/cmd/kubelet", ""),
    "etcd": ("go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
    "kustomize": ("sigs.k8s.io/kustomize/kustomize/v5", "sigs.k8s.io/kustomize/kustomize/v5"),
}
DEFINITIONS = "definitions"


def folder() -> Path:
    """The folder of these versions, whether or not it is there."""
    return cache.cache_dir() / "servers" / f"kubernetes-{KUBERNETES}-operator-{OPERATOR}"


def main() -> None:
    """Build what is not there yet, and print where it is."""
    missing = [program for program in PROGRAMS if not (folder() / program).is_file()]
    if missing:
        need_go("Kubernetes")
        with cache.staging() as staging:
            made = staging / "made"
            made.mkdir()
            build(missing, staging, made)
            keep(made)
    sys.stdout.write(f"{folder()}\n")


def keep(made: Path) -> None:
    """Move programs into the folder, where others of the same version may be already."""
    folder().mkdir(parents=True, exist_ok=True)
    if not (folder() / DEFINITIONS).is_dir():
        copy_definitions(made / DEFINITIONS)
    for path in made.iterdir():
        path.rename(folder() / path.name)


def build(programs: list[str], work: Path, made: Path) -> None:
    """Build programs into `made`, by a small module in `work` that requires theirs."""
    theirs = download(MODULE, f"v{KUBERNETES}") / "go.mod"
    read = subprocess.run(["go", "mod", "edit", "-json", theirs], cwd=work, check=True, capture_output=True)
    (work / "go.mod").write_text(required(json.loads(read.stdout)))
    named = f"-s -w -X k8s.io/component-base/version.gitVersion=v{KUBERNETES}"
    command = [*GO, "build", "-mod=mod", "-p", str(PROCESSES), "-trimpath", "-ldflags", named]
    packages = {program: PROGRAMS[program][0] for program in programs}
    # Its progress goes where it disturbs nobody who reads the folder's name.
    subprocess.run([*command, "-o", f"{made}/", *packages.values()], cwd=work, stdout=sys.stderr, check=True)
    for program, package in packages.items():
        (made / file_name(package)).rename(made / program)


def file_name(package: str) -> str:
    """The name that Go gives to the program of a package: its last part that is not a version."""
    return re.sub(r"/v\d+$", "", package).rpartition("/")[2]


def copy_definitions(place: Path) -> None:
    """Copy the operator's definitions from its module, whose files are read-only, into a folder."""
    place.mkdir()
    for path in (download(OPERATOR_MODULE, f"v{OPERATOR}") / "example" / "prometheus-operator-crd").iterdir():
        shutil.copyfile(path, place / path.name)


def required(theirs: dict[str, Any]) -> str:
    """The go.mod that requires the programs' modules as Kubernetes does.

    `theirs` is its own go.mod. It replaces the modules that it publishes itself by folders of its repository; their
    published versions take the place of these: v0.36.3 for 1.36.3.
    """
    versions = {each["Path"]: each["Version"] for each in theirs["Require"]}
    wanted = {name: versions[name] for _, name in PROGRAMS.values() if name}
    published = f"v0.{KUBERNETES.partition('.')[2]}"
    own = [each["Old"]["Path"] for each in theirs["Replace"] if "Version" not in each["New"]]
    lines = [
        f"module servers\n\ngo {theirs['Go']}\n",
        *(f"require {name} {version}" for name, version in {MODULE: f"v{KUBERNETES}", **wanted}.items()),
        *(f"replace {name} => {name} {published}" for name in own),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
