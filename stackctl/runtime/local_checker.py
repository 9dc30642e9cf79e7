"""Checkers that run on this machine, from where `stackctl tools` finds them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from stackctl import tools
from stackctl.errors import Unavailable
from stackctl.runtime.checkers import FILES, TREE, Call, Verdict

CHECK_SECONDS = 60


class Local:
    """Runs checkers on the tree at `tree`; `missing` are those that are not installed.

    Raises Unavailable for one that does not run, or does not end.
    """

    def __init__(self, tree: Path) -> None:
        self.tree = str(tree)
        self.missing: set[str] = set()

    def __call__(self, call: Call) -> Verdict:
        tool = tools.locate(call.tool)
        if tool is None:
            self.missing.add(call.tool)
            return Verdict(1, "", missing=True)
        with TemporaryDirectory(prefix="stackctl-check-") as folder:
            for name, content in call.files.items():
                (Path(folder) / name).write_bytes(content)
            verdict = _ran(call.tool, [str(tool.path), *call.command(self.tree, folder)])
        return Verdict(verdict.code, verdict.output.replace(folder, FILES).replace(self.tree, TREE))


def _ran(tool: str, command: list[str]) -> Verdict:
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=CHECK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        cause = f"It has not ended after {CHECK_SECONDS} seconds."
        raise Unavailable.of(f"{tool} does not answer", cause=cause, remedy=f"Try `{command[0]} --version`.") from error
    except OSError as error:
        cause = f"{command[0]}: {error.strerror or error}"
        raise Unavailable.of(f"{tool} cannot be run", cause=cause, remedy="Run `stackctl tools install`.") from error
    return Verdict(ran.returncode, ran.stdout)
