"""Run stackctl and write down each HTTP request that it makes: `python recorder.py FILE ARGUMENTS...`

A line of FILE is a request: the Unix time, the method, the URL. Nothing stands between
stackctl and the servers. In FILE.single each question is a request of its own.
"""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

# What the queries begin with that ask many questions.
_OF_MANY = ("query=label_replace", "query=group+by+")


@dataclass
class Record:
    """The requests as they were made, and as they would be made with one question each."""

    made: list[str] = field(default_factory=list)
    single: list[str] = field(default_factory=list)


def record() -> Record:
    """Let every connection of this process be written down from now on."""
    from stackctl.backing.judgement import Backing
    from stackctl.clients.prometheus import Prometheus

    record, putrequest, each = Record(), http.client.HTTPConnection.putrequest, Prometheus.each
    count_alike = Backing._count_alike

    def asking(server: Prometheus, query: str) -> str:
        return f"{server.http.base}/api/v1/query?{urlencode({'query': query})}\n"

    def noted(self: http.client.HTTPConnection, method: str, url: str, *rest: Any, **more: Any) -> None:
        address = f"http://{self.host}:{self.port}{url}"
        record.made.append(f"{time.time()} {method} {address}\n")
        if method == "GET" and not any(sign in url for sign in _OF_MANY):
            record.single.append(f"{address}\n")
        putrequest(self, method, url, *rest, **more)

    def taken_apart(self: Prometheus, queries: Sequence[str]) -> Any:
        record.single += (asking(self, query) for query in queries)
        return each(self, queries)

    def each_alone(self: Backing, selectors: Mapping[str, Any]) -> None:
        count_alike(self, selectors)
        record.single += (asking(self.client, f"count({query})") for query in selectors if query in self.counted)

    http.client.HTTPConnection.putrequest = noted  # type: ignore[method-assign]
    Prometheus.each = taken_apart  # type: ignore[method-assign]
    Backing._count_alike = each_alone  # type: ignore[method-assign]
    return record


if __name__ == "__main__":
    from stackctl.cli.main import main

    seen = record()
    code = main(sys.argv[2:])
    Path(sys.argv[1]).write_text("".join(seen.made))
    Path(f"{sys.argv[1]}.single").write_text("".join(seen.single))
    sys.exit(code)
