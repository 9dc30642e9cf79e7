"""Build CoreDNS from its Go module, with what a cluster's names take and nothing else, into the user's cache.

It is kept by its version, so a second run costs nothing; a first one takes about a minute on two cores.

Run it with the project's Python: `python -m tests.servers.coredns`. Prints the program's path.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stackctl.tools import cache
from tests.servers.go_modules import GO, PROCESSES, download, need_go

VERSION = "1.12.4"
MODULE = "github.com/coredns/coredns"
PLUGINS = ("bind", "errors", "kubernetes")


def program() -> Path:
    """The program of this version, whether or not it is there."""
    return cache.cache_dir() / "servers" / f"coredns-{VERSION}" / "coredns"


def main() -> None:
    """Build it unless it is there, and print where it is."""
    if not program().is_file():
        need_go("CoreDNS")
        with cache.staging() as staging:
            made = staging / "made"
            made.mkdir()
            build(staging, made)
            program().parent.parent.mkdir(parents=True, exist_ok=True)
            made.rename(program().parent)
    sys.stdout.write(f"{program()}\n")


def build(work: Path, made: Path) -> None:
    """Build the program into `made`, by a small module in `work` that requires CoreDNS."""
    (work / "main.go").write_text(source())
    # Its own requirements, which are those of the same module but for its name.
    theirs = (download(MODULE, f"v{VERSION}") / "go.mod").read_text()
    (work / "go.mod").write_text(
        theirs.replace(f"module {MODULE}\n", "module servers\n") + f"\nrequire {MODULE} v{VERSION}\n"
    )
    command = [*GO, "build", "-mod=mod", "-p", str(PROCESSES), "-trimpath", "-ldflags=-s -w"]
    # Its progress goes where it disturbs nobody who reads the program's path.
    subprocess.run([*command, "-o", str(made / "coredns"), "."], cwd=work, stdout=sys.stderr, check=True)


def source() -> str:
    """The program: CoreDNS with these plugins."""
    packages = ["core/dnsserver", *(f"plugin/{name}" for name in PLUGINS)]
    imports = "".join(f'\t_ "{MODULE}/{each}"\n' for each in packages)
    return f'package main\n\nimport (\n\t"{MODULE}/coremain"\n{imports})\n\nfunc main() {{ coremain.Run() }}\n'


if __name__ == "__main__":
    main()
