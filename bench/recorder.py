"""Run stackctl and write down each HTTP request that it makes: `python recorder.py FILE ARGUMENTS...`

A line of FILE is a request: the Unix time, the method, the URL. Nothing stands between
stackctl and the servers. In FILE.single each question is a request of its own.
"""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode


@dataclass
class Record:
    """The requests as they were made, and as they would be made with one question each."""

    made: list[str] = field(default_factory=list)
    single: list[str] = field(default_factory=list)


def record() -> Record:
    """Let every connection of this process be written down from now on."""
    from stackctl.clients.prometheus import Prometheus

    record, putrequest, each = Record(), http.client.HTTPConnection.putrequest, Prometheus.each

    def noted(self: http.client.HTTPConnection, method: str, url: str, *rest: Any, **more: Any) -> None:
        address = f"http://{self.host}:{self.port}{url}"
        record.made.append(f"{time.time()} {method} {address}\n")
        if method == "GET" and "label_replace" not in url:
            record.single.append(f"{address}\n")
        putrequest(self, method, url, *rest, **more)

    def taken_apart(self: Prometheus, queries: Sequence[str]) -> Any:
        record.single += (f"{self.http.base}/api/v1/query?{urlencode({'query': query})}\n" for query in queries)
        return each(self, queries)

    http.client.HTTPConnection.putrequest = noted  # type: ignore[method-assign]
    Prometheus.each = taken_apart  # type: ignore[method-assign]
    return record


if __name__ == "__main__":
    from stackctl.cli.main import main

    seen = record()
    code = main(sys.argv[2:])
    Path(sys.argv[1]).write_text("".join(seen.made))
    Path(f"{sys.argv[1]}.single").write_text("".join(seen.single))
    sys.exit(code)
