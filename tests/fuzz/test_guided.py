"""A few seconds of guided fuzzing, so that it still works when somebody needs it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 5


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="no atheris: pip install '.[fuzz]'")
@pytest.mark.parametrize("name", ["manifest", "exposition"])
def test_guided_fuzzing_finds_nothing(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", name, str(SECONDS)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    done = re.search(r"Done (\d+) runs", ran.stderr)
    assert done
    assert int(done[1]) > 10
