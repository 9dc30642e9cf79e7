"""The sink in a pod runs by itself, and prints what arrives as the sink on this machine notes it."""

from __future__ import annotations

import json
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from stackctl.drill import Place, sink_pod
from stackctl.drill.sink import Arrivals, Sink
from stackctl.wait import wait_until
from tests.ports import free_port

MESSAGE = {"groupKey": "k", "alerts": [{"annotations": {"summary": "Down"}}]}
# Without what is installed, as in the image that runs it.
START = "import runpy, sys; runpy.run_path(sys.argv[1])['main']('127.0.0.1', int(sys.argv[2]), int(sys.argv[3]))"


@dataclass
class Pod:
    """The program, and where it listens."""

    process: subprocess.Popen[str]
    place: Place

    def post(self, way: str, body: bytes) -> tuple[int, bytes]:
        try:
            with urlopen(Request(self.place.url(way), body), timeout=5) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, b""

    def ended(self) -> Arrivals:
        """What it has printed, once it has ended."""
        self.process.send_signal(signal.SIGTERM)
        printed, _ = self.process.communicate(timeout=5)
        assert self.process.returncode == 0
        sink = Sink()
        sink.read("".join(f"2026-01-01T00:00:00Z {line}\n" for line in printed.splitlines()))
        return sink.seen()


@pytest.fixture
def pod() -> Iterator[Pod]:
    place = Place("127.0.0.1", free_port(), free_port(), "ab")
    command = [sys.executable, "-I", "-S", "-c", START, sink_pod.__file__, str(place.web_port), str(place.mail_port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        for port in (place.web_port, place.mail_port):
            wait_until(lambda port=port: listens(port), bool, 10, what="the sink")  # type: ignore[misc]
        yield Pod(process, place)
    finally:
        process.kill()
        process.communicate()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_messages_arrive_by_their_ways(pod: Pod) -> None:
    status, answer = pod.post("0/1/webhook/0?x=1", json.dumps(MESSAGE).encode())
    assert (status, json.loads(answer)["status"]) == (202, "success")
    assert pod.post("0/1/slack/0", b'{"text": "Down"}') == (202, b"ok")
    pod.post("0/1/opsgenie/0/v2/alerts", b'{"message": "Down"}')
    found = pod.ended()
    assert [*found.times] == ["0/1/webhook/0", "0/1/slack/0", "0/1/opsgenie/0"]
    assert found.faults == {}


def test_mail_arrives_whole_at_each_of_its_recipients(pod: Pod) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Down"
    mail.set_content(".hidden\n..\nend\n")
    with smtplib.SMTP(pod.place.host, pod.place.mail_port, timeout=5) as server:
        server.send_message(mail, "me@a.test", ["0.1.email.0@drill.test", "0.2.email.0@drill.test"])
        server.send_message(mail, "me@a.test", ["0.3.email.0@drill.test"])
    found = pod.ended()
    assert [*found.times] == ["0/1/email/0", "0/2/email/0", "0/3/email/0"]
    assert found.faults == {}


def test_useless_message_is_a_fault(pod: Pod) -> None:
    pod.post("0/1/slack/0", b'{"text": ""}')
    mail = EmailMessage()
    mail.set_content("<no value>")
    with smtplib.SMTP(pod.place.host, pod.place.mail_port, timeout=5) as server:
        server.send_message(mail, "me@a.test", ["0.1.email.0@drill.test"])
    assert pod.ended().faults.keys() == {"0/1/slack/0", "0/1/email/0"}


def test_message_of_any_other_size_is_refused(pod: Pod) -> None:
    assert pod.post("0/1/slack/0", b"x" * 1_000_001)[0] == 413
    assert pod.ended().times == {}


def test_client_that_hangs_up_prints_nothing(pod: Pod) -> None:
    for port in (pod.place.web_port, pod.place.mail_port):
        assert listens(port)
    assert pod.ended().times == {}
