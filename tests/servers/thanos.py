"""Build Thanos from its Go module, into the user's cache.

It is kept by its version, so a second run costs nothing; a first one takes three minutes on two cores.

Run it with the project's Python: `python -m tests.servers.thanos`. Prints the program's path.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stackctl.tools import cache
from tests.servers.go_modules import GO, PROCESSES, download, need_go

VERSION = "0.42.0"
# As its releases are built: without the former, its labels are not those of its Prometheus, and a sidecar panics.
TAGS = "slicelabels,netgo"
MODULE = "github.com/thanos-io/thanos"


def program() -> Path:
    """The program of this version, whether or not it is there."""
    return cache.cache_dir() / "servers" / f"thanos-{VERSION}" / "thanos"


def main() -> None:
    """Build it unless it is there, and print where it is."""
    if not program().is_file():
        need_go("Thanos")
        with cache.staging() as staging:
            made = staging / "made"
            made.mkdir()
            build(made)
            program().parent.parent.mkdir(parents=True, exist_ok=True)
            made.rename(program().parent)
    sys.stdout.write(f"{program()}\n")


def build(made: Path) -> None:
    """Build the program into `made`, in the folder of its source: so it gets the versions that its go.mod replaces."""
    command = [*GO, "build", "-p", str(PROCESSES), "-trimpath", "-tags", TAGS, "-ldflags=-s -w"]
    # Its progress goes where it disturbs nobody who reads the program's path.
    source = download(MODULE, f"v{VERSION}")
    subprocess.run([*command, "-o", str(made / "thanos"), "./cmd/thanos"], cwd=source, stdout=sys.stderr, check=True)


if __name__ == "__main__":
    main()
