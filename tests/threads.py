"""What the threads of another process do, as Linux tells it."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest


def hold_back(pid: int, number: signal.Signals) -> bool:
    """Whether every thread of `pid` but the main one, which waits for the signal, holds it back."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells which signals a thread holds back")
    others = [path for path in Path(f"/proc/{pid}/task").glob("*/status") if path.parent.name != str(pid)]
    masks = [int(re.findall(r"^SigBlk:\s*(\w+)$", path.read_text(), re.MULTILINE)[0], 16) for path in others]
    return bool(masks) and all(mask >> (number - 1) & 1 for mask in masks)
