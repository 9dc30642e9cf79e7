"""Checkers that run on this machine, from where `stackctl tools` finds them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from stackctl import tools
from stackctl.diagnostic import Diagnostic
from stackctl.program import run
from stackctl.runtimes.checkers import FILES, TREE, Call, Verdict


class Local:
    """Runs checkers on the tree at `tree`; `missing` are those that are not installed."""

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
            ended = run(call.tool, [str(tool.path), *call.command(self.tree, folder)])
        if isinstance(ended, Diagnostic):
            return Verdict(1, "", unusable=ended)
        return Verdict(ended.code, ended.output.replace(folder, FILES).replace(self.tree, TREE))
