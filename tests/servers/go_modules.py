"""What builds servers from their Go modules has in common."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

# Compilers at a time, and with less right to the processors: others work on the machine too.
PROCESSES = 2
GO = ("nice", "-n", "5", "go")


def need_go(what: str) -> None:
    """End the program where there is no Go that could build something."""
    if not shutil.which("go"):
        raise SystemExit(f"go was not found: install Go 1.26 or newer, which builds {what}")


def download(module: str, version: str) -> Path:
    """The folder of a module's source."""
    ran = subprocess.run(
        ["go", "mod", "download", "-json", f"{module}@{version}"], cwd="/", check=True, capture_output=True, text=True
    )
    return Path(json.loads(ran.stdout)["Dir"])
