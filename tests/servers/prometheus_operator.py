"""Build the Prometheus Operator, and what reloads its servers in their pods, from its Go module, into the user's cache.

They are kept by their version, so a second run costs nothing; a first one takes about three minutes on two cores.

Run it with the project's Python: `python -m tests.servers.prometheus_operator`. Prints the operator's path.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from stackctl.tools import cache
from tests.servers.go_modules import GO, PROCESSES, download, need_go
from tests.servers.kubernetes import OPERATOR, OPERATOR_MODULE

VERSION = f"v{OPERATOR}"
# Its programs, by the names of their packages.
OPERATOR_PROGRAM, RELOADER = "operator", "prometheus-config-reloader"


def program(name: str = OPERATOR_PROGRAM) -> Path:
    """The program of this version, whether or not it is there."""
    return cache.cache_dir() / "servers" / f"operator-{OPERATOR}" / name


def main() -> None:
    """Build what is not there yet, and print where the operator is."""
    missing = [name for name in (OPERATOR_PROGRAM, RELOADER) if not program(name).is_file()]
    if missing:
        need_go("the operator")
        with cache.staging() as staging:
            made = staging / "made"
            made.mkdir()
            build(missing, staging, made)
            program().parent.mkdir(parents=True, exist_ok=True)
            for name in missing:
                (made / name).rename(program(name))
    sys.stdout.write(f"{program()}\n")


def build(programs: list[str], work: Path, made: Path) -> None:
    """Build programs into `made`, by a small module in `work` that requires theirs."""
    theirs = download(OPERATOR_MODULE, VERSION) / "go.mod"
    read = subprocess.run(["go", "mod", "edit", "-json", theirs], cwd=work, check=True, capture_output=True)
    (work / "go.mod").write_text(required(json.loads(read.stdout)))
    named = f"-s -w -X github.com/prometheus/common/version.Version={OPERATOR}"
    command = [*GO, "build", "-mod=mod", "-p", str(PROCESSES), "-trimpath", "-ldflags", named]
    packages = [f"{OPERATOR_MODULE}/cmd/{name}" for name in programs]
    # Its progress goes where it disturbs nobody who reads the program's path.
    subprocess.run([*command, "-o", f"{made}/", *packages], cwd=work, stdout=sys.stderr, check=True)


def required(theirs: dict[str, Any]) -> str:
    """The go.mod that requires the operator's module, with published versions of the modules that are folders of it.

    `theirs` is its own go.mod.
    """
    own = [each["Old"]["Path"] for each in theirs["Replace"] if "Version" not in each["New"]]
    lines = [
        f"module servers\n\ngo {theirs['Go']}\n",
        f"require {OPERATOR_MODULE} {VERSION}",
        *(f"replace {name} => {name} {VERSION}" for name in own),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
