"""Sink of drilled alerts in a pod of a cluster: it accepts notifications, and prints each as a line of JSON.

Runs by itself, with Python's own library alone: `python3 sink_pod.py`. A line has the way by which a notification has
come, its Unix time, and its body in Base64.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WEB_PORT, MAIL_PORT = 8080, 2525
# A notification of one alert is a few kilobytes, and a line of a pod's log should be no more than some.
_MOST_BYTES = 1_000_000
_SECONDS = 10
_WELL = {"status": "success", "message": "accepted by a drill"}


def way_of_path(path: str) -> str:
    """Return the way that a path names, without what an integration adds to its address, as Opsgenie's `v2/alerts`."""
    return "/".join(path.partition("?")[0].strip("/").split("/")[:4])


def way_of_address(address: str) -> str:
    """Return the way that an address of a mail names."""
    return address.partition("@")[0].replace(".", "/")


def reply(way: str) -> tuple[bytes, str]:
    """Return the answer to a notification, and its type. Slack's notifier wants these very two letters; the others want
    an answer of the 200s, some of them JSON."""
    return (b"ok", "text/plain") if "/slack/" in way else (json.dumps(_WELL).encode(), "application/json")


def report(way: str, body: bytes) -> None:
    """Print a notification. One write, so that lines of several threads stay whole."""
    line = {"way": way, "time": time.time(), "body": base64.b64encode(body).decode()}
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


class Server(ThreadingHTTPServer):
    """The server of notifications that come by HTTP."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up, as a probe does."""


class Web(BaseHTTPRequestHandler):
    """Accepts what is posted to a way."""

    timeout = _SECONDS

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length") or ""
        if not length.isdigit() or int(length) > _MOST_BYTES:
            self.send_error(413)
            return
        way = way_of_path(self.path)
        report(way, self.rfile.read(int(length)))
        text, kind = reply(way)
        self.send_response(202)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Log nothing: only notifications are printed."""


class MailServer(socketserver.ThreadingTCPServer):
    """The server of notifications that come by SMTP."""

    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up."""


class Mail(socketserver.StreamRequestHandler):
    """Accepts a mail: the commands of SMTP that a sender needs, without a login and without encryption."""

    timeout = _SECONDS

    def handle(self) -> None:
        recipients: list[str] = []
        self._say("220 stackctl")
        while line := self.rfile.readline(_MOST_BYTES):
            words = line.decode(errors="replace").strip()
            command = words[:4].upper()
            if command == "RCPT":
                recipients.append(words.partition("<")[2].partition(">")[0])
            elif command == "DATA":
                self._say("354 end with a dot")
                body = self._body()
                for each in recipients:
                    report(way_of_address(each), body)
                recipients = []
            elif command == "QUIT":
                self._say("221 bye")
                return
            self._say("250 accepted by a drill")

    def _body(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline(_MOST_BYTES)) not in (b".\r\n", b".\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)[:_MOST_BYTES]

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def main(host: str, web_port: int, mail_port: int) -> None:
    """Serve until the end. SIGTERM ends the first process of a container only if that says so."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    mail = MailServer((host, mail_port), Mail)
    threading.Thread(target=mail.serve_forever, daemon=True).start()
    Server((host, web_port), Web).serve_forever()


if __name__ == "__main__":
    main("", WEB_PORT, MAIL_PORT)
