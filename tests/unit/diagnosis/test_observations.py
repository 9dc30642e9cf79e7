"""The observation that counts is the one that has an answer, Prometheus' own first."""

from __future__ import annotations

from stackctl.clients.probe import Probe, Reply
from stackctl.diagnosis.observations import NOTHING, Observations


def test_answer_of_prometheus_place_comes_first() -> None:
    there, here = (Probe(url, 0.1, reply=Reply(200, {}, "")) for url in ("http://a/", "http://b/"))
    assert Observations(there=there, here=here).answer is there
    assert Observations(there=Probe("http://a/", 0.1, "refused"), here=here).answer is here
    assert NOTHING.answer is None
