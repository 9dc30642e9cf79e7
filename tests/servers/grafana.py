"""Build Grafana's server from its Go module, into the user's cache.

No package mirror has a Grafana, but the proxy of Go modules has the source of a few of its commits. This one is of the
days before 10.0.0 was released. Its API, its database and its provisioning are whole; its pages for browsers are not in
the module. It is kept by its version, so a second run costs nothing; a first one takes about ten minutes on two cores.

Run it with the project's Python: `python -m tests.servers.grafana`. Prints the folder of the program.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from stackctl.tools import cache
from tests.servers.go_modules import GO, PROCESSES, download, need_go

VERSION = "10.0.0"
MODULE, MODULE_VERSION = "github.com/grafana/grafana", "v1.9.2-0.20230609164553-81d85ce8028d"
# It writes how Grafana's parts are put together, which Grafana does not keep in its source.
WIRE = "github.com/google/wire/cmd/wire@v0.7.0"
TAGS = "oss"
# All that the server reads below its home.
READ = ("conf", "public/app/plugins", "public/dashboards", "public/emails", "public/views")


def home() -> Path:
    """Grafana's home of this version, with `bin/grafana`, whether or not it is there."""
    return cache.cache_dir() / "servers" / f"grafana-{VERSION}"


def main() -> None:
    """Build it where it is not there yet, and print where the program is."""
    if not home().is_dir():
        need_go("Grafana")
        with cache.staging() as staging:
            made = staging / "made"
            build(download(MODULE, MODULE_VERSION), staging / "source", made)
            home().parent.mkdir(parents=True, exist_ok=True)
            made.rename(home())
    sys.stdout.write(f"{home() / 'bin'}\n")


def build(module: Path, work: Path, made: Path) -> None:
    """Build the server and copy what it reads into `made`; a module's own files are read-only, so `work` has others."""
    shutil.copytree(module, work, copy_function=shutil.copyfile)
    for folder in (work, *(path for path in work.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    environ = {**os.environ, "GOFLAGS": "-mod=mod"}
    steps = (
        [*GO, "run", WIRE, "gen", "-tags", TAGS, "./pkg/server"],
        [
            *(*GO, "build", "-p", str(PROCESSES), "-trimpath", "-tags", TAGS),
            *("-ldflags", f"-s -w -X main.version={VERSION}", "-o", f"{made / 'bin'}/", "./pkg/cmd/grafana"),
        ],
    )
    for step in steps:
        # Their progress goes where it disturbs nobody who reads the program's folder.
        subprocess.run(step, cwd=work, env=environ, stdout=sys.stderr, check=True)
    for name in READ:
        shutil.copytree(work / name, made / name)


if __name__ == "__main__":
    main()
