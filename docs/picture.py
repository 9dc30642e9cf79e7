"""Draw docs/terminal.svg and docs/report.png: the quickstart on real servers, as the terminal and a browser show it.

    python docs/picture.py [terminal] [report]

Needs what `stackctl up` needs; the report needs Chromium too, and minutes in which something happens. For the terminal
the shop is started, verified, stopped, and verified again; for the report a panel's metric is misspelt.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from stackctl.wait import wait_until

DOCS = Path(__file__).parent
EXAMPLE = DOCS.parent / "examples" / "quickstart"
STACKCTL = str(Path(sys.executable).with_name("stackctl"))
WIDTH = 118
REPORT_WIDTH, REPORT_HEIGHT = 1200, 1480
REPORT_SECONDS = 180
# What is left out, so that the picture is the same on a machine with a Grafana and without one.
GRAFANA = "grafana:\n  listen: 127.0.0.1:3000\n\n"
MISSPELT = ("http_requests_in_flight", "http_request_in_flight")


def main() -> None:
    wanted = sys.argv[1:] or ["terminal", "report"]
    if "terminal" in wanted:
        with shop_at_work() as (place, shop):
            draw_terminal(record(place, shop).replace(str(place.parent), ""))
    if "report" in wanted:
        with shop_at_work() as (place, _):
            draw_report(place)


@contextmanager
def shop_at_work() -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """The folder of the quickstart, and its shop; what a picture has brought up is brought down."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "shop"
        shutil.copytree(EXAMPLE, place)
        manifest = place / "stack.yml"
        manifest.write_text(manifest.read_text().replace(GRAFANA, ""))
        shop = start_shop(place)
        try:
            yield place, shop
        finally:
            shop.terminate()
            run(place, "down", "--volumes")


def draw_terminal(shown: str) -> None:
    console = Console(record=True, width=WIDTH, file=StringIO())
    console.print(Text.from_ansi(shown))
    svg = console.export_svg(title="stackctl")
    # A picture must not fetch anything: it does with the fonts that are there.
    (DOCS / "terminal.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))


def draw_report(place: Path) -> None:
    run(place, "up", "--runtime", "native")
    time.sleep(REPORT_SECONDS)
    dashboard = place / "dashboards" / "shop.json"
    dashboard.write_text(dashboard.read_text().replace(*MISSPELT))
    run(place, "reload")
    run(place, "verify", "--report", "report.html")
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={REPORT_WIDTH},{REPORT_HEIGHT}"]
    picture = f"--screenshot={DOCS / 'report.png'}"
    subprocess.run(
        ["chromium", *options, picture, (place / "report.html").as_uri()],
        check=True,
        timeout=60,
        stderr=subprocess.DEVNULL,
    )


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
    """A command and what it shows on a terminal."""
    environment = {**os.environ, "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    ours, its = os.openpty()
    shown = b""
    with subprocess.Popen([STACKCTL, *arguments], cwd=place, env=environment, stdout=its, stderr=its):
        os.close(its)
        with suppress(OSError):  # how a terminal says that nobody writes any more
            while piece := os.read(ours, 65536):
                shown += piece
    os.close(ours)
    return f"\x1b[1m$ stackctl {' '.join(arguments)}\x1b[0m\n{shown.decode().replace(chr(13), '')}"


if __name__ == "__main__":
    main()
