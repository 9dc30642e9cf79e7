"""The logins that Grafana has refused lately, by all commands together: after five in five minutes it refuses the
administrator whatever the password, and people too."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from stackctl.bounds import files
from stackctl.bounds.json_text import loads
from stackctl.state import disk

# Grafana counts five in this time.
_WITHIN_SECONDS = 300.0
_MOST = 4


@dataclass(frozen=True)
class RefusedLogins:
    """Kept in a file of the state. One that cannot be read or written is as if nothing had been refused."""

    file: Path

    def blocked(self) -> str:
        """Return why no login is tried now, "" when one may be."""
        times = self._recent()
        if len(times) < _MOST:
            return ""
        seconds = max(1, round(times[-_MOST] + _WITHIN_SECONDS - time.time()))
        return (
            f"not tried: Grafana has refused {len(times)} logins in the last five minutes, and locks the administrator "
            f"out after five; the next attempt is possible in {seconds} s"
        )

    def has_refused(self) -> bool:
        """Return whether a password was wrong lately."""
        return bool(self._recent())

    def refused(self) -> None:
        """Note that a login was refused now."""
        self._write([*self._recent(), time.time()])

    def accepted(self) -> None:
        """Note that the password is right."""
        if self._recent():
            self._write([])

    def _recent(self) -> list[float]:
        try:
            found = loads(files.read_bytes(self.file))
            return [at for at in map(float, found) if 0 <= time.time() - at < _WITHIN_SECONDS]
        except (OSError, ValueError, TypeError, OverflowError):
            return []

    def _write(self, times: list[float]) -> None:
        try:
            disk.write_file(self.file, json.dumps(times).encode(), 0o600)
        except OSError:
            return  # Grafana still counts
