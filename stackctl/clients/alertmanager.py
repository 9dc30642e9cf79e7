"""Alertmanager's HTTP API, version 2, as far as stackctl asks it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackctl.clients.http import Answer, Http, NoAnswer

_HASH = re.compile(r"^alertmanager_config_hash (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Alertmanager:
    """The client. Every method raises `NoAnswer` when the server gives none, or gives an error."""

    http: Http

    def reload(self) -> Answer:
        return self.http.ask("/-/reload", method="POST")

    def config(self) -> str:
        """The loaded configuration as YAML, secrets hidden."""
        return self.http.json("/api/v2/status", lambda answer: str(answer["config"]["original"]))

    def config_hash(self) -> int:
        """Which configuration is loaded: the first six bytes of the MD5 sum of the file, as a little-endian number."""
        found = _HASH.search(self.http.ask("/metrics").text)
        if found is None:
            raise NoAnswer.of(f"{self.http.base}/metrics does not tell which configuration is loaded")
        return int(float(found[1]))

    def receivers(self) -> tuple[str, ...]:
        """The names of the loaded receivers."""
        return self.http.json("/api/v2/receivers", lambda answer: tuple(entry["name"] for entry in answer))
