"""alertmanager.yml: the same receivers with the same texts, in the words of the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.unit.adopt.setups import adopted, jobs

PROMETHEUS = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")


def section(folder: Path, **config: Any) -> dict[str, Any]:
    whole = {"route": {"receiver": "team"}, "receivers": [{"name": "team"}], **config}
    result = adopted(folder, prometheus=PROMETHEUS, alertmanager=yaml.safe_dump(whole))
    made: dict[str, Any] = result.manifest["alertmanager"]
    return made


def test_texts_that_are_not_given_stay_alertmanagers_own(tmp_path: Path) -> None:
    """stackctl would fill in its own."""
    receiver = {"name": "team", "slack_configs": [{"channel": "#a", "api_url": "${URL}", "title": "mine"}]}
    assert section(tmp_path, receivers=[receiver])["receivers"]["team"]["slack"] == {
        "channel": "#a",
        "api_url": "${URL}",
        "title": "mine",
        "send_resolved": False,
        "fallback": '{{ template "slack.default.fallback" . }}',
        "text": '{{ template "slack.default.text" . }}',
    }


def test_what_is_global_goes_to_the_receivers_that_need_it(tmp_path: Path) -> None:
    receivers = [{"name": "team", "email_configs": [{"to": "a@example.org", "from": "own@example.org"}]}]
    common = {"smtp_smarthost": "mail:25", "smtp_from": "all@example.org", "resolve_timeout": "3m"}
    made = section(tmp_path, receivers=receivers, **{"global": common})
    assert made["receivers"]["team"]["email"]["smarthost"] == "mail:25"
    assert made["receivers"]["team"]["email"]["from"] == "own@example.org"
    assert made["extra"] == {"global": {"resolve_timeout": "3m"}}


def test_receiver_without_an_integration_stays_in_alertmanagers_words(tmp_path: Path) -> None:
    assert section(tmp_path)["extra"]["receivers"] == [{"name": "team"}]


def test_integration_that_the_manifest_does_not_know_stays_in_alertmanagers_words(tmp_path: Path) -> None:
    receiver = {"name": "team", "future_configs": [{"url": "http://a"}]}
    assert section(tmp_path, receivers=[receiver])["extra"]["receivers"] == [receiver]


def test_address_of_a_neighbour_is_no_secret(tmp_path: Path) -> None:
    receiver = {"name": "team", "webhook_configs": [{"url": "http://bridge:8080/hook"}]}
    assert section(tmp_path, receivers=[receiver])["receivers"]["team"] == {
        "webhook": {"url": "http://bridge:8080/hook"}
    }


def test_several_integrations_of_a_kind_are_a_list(tmp_path: Path) -> None:
    receiver = {"name": "team", "webhook_configs": [{"url": "http://a:1/"}, {"url": "http://b:1/"}]}
    assert len(section(tmp_path, receivers=[receiver])["receivers"]["team"]["webhook"]) == 2


def test_slack_receiver_without_a_channel_stays_with_what_is_global(tmp_path: Path) -> None:
    receivers = [
        {"name": "team", "slack_configs": [{"send_resolved": True}]},
        {"name": "other", "slack_configs": [{"channel": "#a"}]},
    ]
    made = section(tmp_path, receivers=receivers, **{"global": {"slack_api_url": "${URL}"}})
    assert made["extra"] == {"global": {"slack_api_url": "${URL}"}, "receivers": receivers[:1]}
    assert made["receivers"]["other"]["slack"]["api_url"] == "${URL}"
