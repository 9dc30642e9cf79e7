"""The native runtime's binaries: finding them, and having them without root where that is possible."""

from __future__ import annotations

from stackctl.tools.install import install
from stackctl.tools.locate import Tool, locate, require, require_recent

__all__ = ["Tool", "install", "locate", "require", "require_recent"]
