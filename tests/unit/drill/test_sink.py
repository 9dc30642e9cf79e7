"""The sink of drilled alerts: what it takes, by which way, and whom it refuses."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from stackctl.drill.sink import Place, Sink

MESSAGE = {"groupKey": "k", "alerts": [{"annotations": {"summary": "Down"}}]}


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def place(sink: Sink) -> Iterator[Place]:
    with sink.open("127.0.0.1", "localhost") as opened:
        yield opened


def post(place: Place, way: str, body: object = MESSAGE, **headers: str) -> tuple[int, bytes]:
    request = Request(place.url(way), json.dumps(body).encode(), headers)
    try:
        with urlopen(request, timeout=5) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, b""


def test_message_arrives_by_its_way(sink: Sink, place: Place) -> None:
    status, answer = post(place, "ab/team/webhook/0?x=1")
    assert (status, json.loads(answer)["status"]) == (202, "success")
    assert list(sink.seen().times) == ["ab/team/webhook/0"]
    assert sink.seen().faults == {}


def test_slack_gets_the_two_letters_that_it_wants(place: Place) -> None:
    assert post(place, "ab/team/slack/0", {"text": "Down"})[1] == b"ok"


def test_endpoint_of_an_integration_is_not_part_of_the_way(sink: Sink, place: Place) -> None:
    post(place, "ab/team/opsgenie/0/v2/alerts", {"message": "Down"})
    assert list(sink.seen().times) == ["ab/team/opsgenie/0"]


def test_mail_arrives_by_the_address_of_its_way(sink: Sink, place: Place) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Down"
    mail.set_content("Down")
    with smtplib.SMTP(place.host, place.mail_port, timeout=5) as server:
        server.send_message(mail, "me@a.test", ["ab.team.email.0@drill.test"])
    assert list(sink.seen().times) == ["ab/team/email/0"]


def test_page_in_a_browser_is_refused(sink: Sink, place: Place) -> None:
    assert post(place, "ab/team/webhook/0", Origin="https://evil.test")[0] == 403
    assert sink.seen().times == {}


def test_only_the_first_message_of_a_way_counts(sink: Sink) -> None:
    sink.take("ab/team/slack/0", b'{"text": "", "attachments": []}')
    first = sink.seen()
    sink.take("ab/team/slack/0", b'{"text": "Down"}')
    assert replace(sink.seen(), counts=first.counts) == first
    assert sink.seen().counts == {"ab/team/slack/0": 2}
    assert list(first.faults) == ["ab/team/slack/0"]


def test_what_has_been_seen_does_not_change_any_more(sink: Sink) -> None:
    before = sink.seen()
    sink.take("x", b"")
    assert before.times == {}


def test_log_of_a_pod_is_read_with_its_times(sink: Sink) -> None:
    sink.read(
        '2026-01-01T00:00:00Z {"way": "0/1/slack/0", "time": 5.5, "body": "e30="}\n'
        '2026-01-01T00:00:01Z {"way": "0/1/slack/0", "time": 9.5, "body": "e30="}\n'
        '2026-01-01T00:00:02Z {"way": "0/2/webhook/0", "time": 7, "body": "e30="}\n'
        'a warning\n{}\n{"way": 1}\n{"way": "x", "time": "late", "body": ""}\n{"way"'
    )
    assert sink.seen().times == {"0/1/slack/0": 5.5, "0/2/webhook/0": 7.0}
    assert sink.seen().faults.keys() == {"0/1/slack/0"}


def test_nobody_listens_after_a_drill(sink: Sink) -> None:
    with sink.open("127.0.0.1", "localhost") as place:
        pass
    with pytest.raises(OSError, match="refused"):
        urlopen(place.url("x"), timeout=5)
    with sink.open("127.0.0.1", "localhost") as another:
        assert another.token != place.token
