"""A headless Chromium, spoken to through DevTools' own pipe: what a page looks like, asks for and complains of."""

from __future__ import annotations

import base64
import json
import os
import selectors
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

PATIENCE_SECONDS = 60
# No name resolves: a page that asks anybody for anything is seen to fail.
# A name that leads to this machine, as any name of the internet can for a moment.
REBOUND = "rebound.test"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update",
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1,MAP * ~NOTFOUND,EXCLUDE 127.0.0.1,EXCLUDE localhost",
    "--remote-debugging-pipe",
)  # fmt: skip


@dataclass
class Browser:
    """A browser with one page. `events` are those of the page since it was opened last."""

    process: subprocess.Popen[bytes]
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _said: bytes = b""
    _number: int = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a DevTools method."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        _pipe(self.process.stdin).write(json.dumps(message).encode() + b"\0")
        _pipe(self.process.stdin).flush()
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])
            self.events.append(answer)

    def open(self, page: Path, fragment: str = "", width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Show a file, anew."""
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self._go("about:blank")  # another fragment of the same page would load nothing
        self._go(page.as_uri() + fragment)

    def visit(self, address: str) -> None:
        """Show what a server has at an address."""
        self._go(address)

    def _go(self, address: str) -> None:
        self.events.clear()
        self.call("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def complaints(self) -> list[str]:
        """What the console, the script or the security policy have complained of."""
        self.evaluate("new Promise(done => setTimeout(done, 0))")  # what is under way is reported first
        found = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Audits.issueAdded")
        return [json.dumps(event["params"]) for event in self.events if event.get("method") in found]

    def requests(self) -> list[str]:
        """The addresses that the page has asked for, its own first."""
        asked = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [each["request"]["url"] for each in asked]

    def screenshot(self, file: Path, *, whole: bool = False) -> None:
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        out = _pipe(self.process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while b"\0" not in self._said:
                assert selector.select(max(0, deadline - time.monotonic())), "Chromium does not answer"
                more = os.read(out.fileno(), 1 << 20)
                assert more, "Chromium has ended"
                self._said += more
        message, _, self._said = self._said.partition(b"\0")
        return dict(json.loads(message))


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream
    return stream


def chromium() -> str:
    """The program. Without it a test is skipped; in CI it fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("no chromium: run tests/servers/up")
    if found is None:
        pytest.skip("no chromium")
    return str(found)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with an empty page and a profile of its own."""
    program = chromium()
    with tempfile.TemporaryDirectory(prefix="stackctl-chromium-", ignore_cleanup_errors=True) as profile:
        # DevTools' pipe is the descriptors 3 and 4.
        command = ["sh", "-c", 'exec "$0" "$@" 3<&0 4>&1 >/dev/null 2>&1', program]
        process = subprocess.Popen(
            [*command, *_FLAGS, f"--user-data-dir={profile}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        found = Browser(process)
        try:
            target = found.call("Target.createTarget", url="about:blank")["targetId"]
            found.session = found.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
                found.call(f"{domain}.enable")
            yield found
        finally:
            session, found.session = found.session, ""
            if session and process.poll() is None:
                found.call("Browser.close")
            _pipe(process.stdin).close()
            process.wait(PATIENCE_SECONDS)
            _pipe(process.stdout).close()
