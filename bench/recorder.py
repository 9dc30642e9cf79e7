"""Run stackctl and write down each HTTP request that it makes: `python recorder.py FILE ARGUMENTS...`

A line of FILE is a request: the Unix time, the method, the URL. Nothing stands between stackctl and the servers.
"""

from __future__ import annotations

import http.client
import sys
import time
from pathlib import Path
from typing import Any


def record(seen: list[str]) -> None:
    """Let every connection of this process add its requests to `seen`."""
    original = http.client.HTTPConnection.putrequest

    def putrequest(self: http.client.HTTPConnection, method: str, url: str, *rest: Any, **more: Any) -> None:
        seen.append(f"{time.time()} {method} http://{self.host}:{self.port}{url}\n")
        original(self, method, url, *rest, **more)

    http.client.HTTPConnection.putrequest = putrequest  # type: ignore[method-assign]


if __name__ == "__main__":
    from stackctl.cli.main import main

    seen: list[str] = []
    record(seen)
    code = main(sys.argv[2:])
    Path(sys.argv[1]).write_text("".join(seen))
    sys.exit(code)
