"""Draw docs/packs/*.png: the dashboard of each pack, with simulated data in a real Prometheus.

    python docs/pictures.py [PACK ...]

The past of docs/showcase is computed by `simulate`, written into the storage of a native Prometheus, and drawn by
stackctl's preview; Chromium makes a picture of each page. Needs prometheus, promtool, Chromium and Pillow.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
from pathlib import Path

from docs.showcase.past import Period, jobs, prometheus_with
from stackctl import __version__
from stackctl.manifest import load
from stackctl.model import Dashboard
from stackctl.preview.frames import Source
from stackctl.preview.page import draw, page_html
from stackctl.render.grafana import dashboard_json
from stackctl.render.scope import scope_of
from tests.browser import browser
from tests.ports import free_port

DOCS = Path(__file__).parent
SHOWCASE = DOCS / "showcase" / "stack.yml"
WIDTH, LEAST_HEIGHT, MOST_HEIGHT = 1440, 200, 900
HOUR, DAY = 3600.0, 86400.0
SCRAPE = 15.0


def main() -> None:
    wanted = set(sys.argv[1:])
    stack = load(SHOWCASE, {})
    scope = scope_of(stack)
    now = math.floor(time.time() / SCRAPE) * SCRAPE
    all_jobs = jobs(stack)
    # The objective of the API reads a week; all else reads hours.
    week = Period(now - 7 * DAY, now - 1.5 * HOUR - 60, 120.0), [job for job in all_jobs if job.name == "api"]
    hours = Period(now - 1.5 * HOUR, now, SCRAPE), all_jobs
    with (
        prometheus_with(stack, [week, hours], free_port()) as client,
        tempfile.TemporaryDirectory() as folder,
        browser() as chromium,
    ):
        for dashboard in stack.dashboards:
            name = pack_of(dashboard)
            if wanted and name not in wanted:
                continue
            definition = json.loads(json.dumps(dashboard_json(dashboard, scope)))
            page = draw(definition, Source.of(client, definition, now, SCRAPE))
            file = Path(folder) / f"{name}.html"
            file.write_text(page_html(page, __version__), encoding="utf-8")
            chromium.open(file, width=WIDTH, height=LEAST_HEIGHT)
            height = int(chromium.evaluate("document.documentElement.scrollHeight"))
            chromium.open(file, width=WIDTH, height=min(max(height, LEAST_HEIGHT), 4000))
            picture = DOCS / "packs" / f"{name}.png"
            chromium.screenshot(picture)
            quantize(picture)
            sys.stdout.write(f"{picture}: {picture.stat().st_size // 1024} KiB, {height} pixels high\n")


def pack_of(dashboard: Dashboard) -> str:
    """The name of the pack that a dashboard of the showcase comes from: its path is `pack NAME ...`."""
    return dashboard.path.split()[1]


def quantize(picture: Path) -> None:
    """Reduce a picture to 256 colours: charts need no more."""
    from PIL import Image

    with Image.open(picture) as image:
        smaller = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    smaller.save(picture, optimize=True)


if __name__ == "__main__":
    main()
