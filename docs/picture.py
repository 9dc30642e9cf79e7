"""Draw docs/terminal.svg: the quickstart on real servers, as the terminal shows it.

    python docs/picture.py

Needs what `stackctl up` needs. The shop is started, verified, stopped, and verified again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from stackctl.wait import wait_until

DOCS = Path(__file__).parent
EXAMPLE = DOCS.parent / "examples" / "quickstart"
STACKCTL = str(Path(sys.executable).with_name("stackctl"))
WIDTH = 118


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "shop"
        shutil.copytree(EXAMPLE, place)
        shop = start_shop(place)
        try:
            shown = record(place, shop)
        finally:
            shop.terminate()
            run(place, "down", "--volumes")
    console = Console(record=True, width=WIDTH, file=StringIO())
    console.print(Text.from_ansi(shown.replace(folder, "")))
    svg = console.export_svg(title="stackctl")
    # A picture must not fetch anything: it does with the fonts that are there.
    (DOCS / "terminal.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))


def start_shop(place: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "app.py", "--listen", "127.0.0.1:8000", "--traffic", "10"]
    return subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def record(place: Path, shop: subprocess.Popen[bytes]) -> str:
    """The session: up, verify, an accident, verify."""
    shown = [run(place, "up", "--runtime", "native"), run(place, "verify")]
    shop.terminate()
    wait_until(shop.poll, lambda code: code is not None, 10, what="the shop to close")
    shown.append(
        "\x1b[2m# the shop is stopped\x1b[0m\n" + run(place, "verify", "--only", "target", "--only", "service")
    )
    return "\n".join(shown)


def run(place: Path, *arguments: str) -> str:
    """A command and what it prints, in colour."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    done = subprocess.run(
        [STACKCTL, *arguments], cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return f"\x1b[1m$ stackctl {' '.join(arguments)}\x1b[0m\n{done.stdout}"


if __name__ == "__main__":
    main()
