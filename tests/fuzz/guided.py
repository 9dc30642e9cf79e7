"""Fuzzing that is guided by coverage: `python -m tests.fuzz.guided READER SECONDS`. Needs atheris.

Inputs that reach new code are kept for the run; one that a reader does not answer is written into the corpus.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def main(name: str, seconds: int) -> None:
    """Fuzz a reader for so long. Ends the process: with 0, or with another code when something was found."""
    import atheris

    with atheris.instrument_imports(include=["stackctl"]):
        from tests.fuzz.readers import READERS, run

    folder = Path(tempfile.mkdtemp(prefix="stackctl-guided-"))
    for number, content in enumerate(READERS[name].seeds):
        (folder / f"seed-{number}").write_bytes(content)
    (CORPUS / name).mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", "-max_len=20000", "-timeout=20", "-rss_limit_mb=4096"]
    options.append(f"-artifact_prefix={CORPUS / name}{os.sep}")
    atheris.Setup([sys.argv[0], *options, str(folder)], lambda data: run(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
