"""The simulation in its container: an order on standard input, and serving until that ends."""

from __future__ import annotations

import sys
from typing import TextIO

from stackctl.simulate.container_spec import LISTENING, read, served


def main() -> None:
    """Serve until the one that holds the other end is gone, for whatever reason."""
    order = read(sys.stdin.buffer.readline())
    with served(order, lambda trouble: _say(sys.stderr, f"push: {trouble or 'works again'}")):
        _say(sys.stdout, LISTENING)
        sys.stdin.buffer.read()


def _say(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


if __name__ == "__main__":
    main()
