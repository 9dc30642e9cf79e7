"""The section of the Alertmanager: receivers, both kinds of routing, and the blocks in its own words."""

from __future__ import annotations

from tests.fuzz.manifests.containers import OF_A_COMPONENT
from tests.fuzz.manifests.shapes import Dice, Many, Named, Odd
from tests.fuzz.manifests.values import (
    AUTHENTICATION,
    BOOLEAN,
    COUNT,
    DURATION,
    HTTP_HEADERS,
    LABEL,
    MATCHER,
    NOTICE,
    OWN_SCRAPE,
    PROXY,
    REGEX,
    TARGET,
    TEXT,
    TLS,
    URL,
)

_HTTP = (
    {"tls_config?": TLS, "follow_redirects?": BOOLEAN, "enable_http2?": BOOLEAN, "http_headers?": HTTP_HEADERS},
    PROXY,
    AUTHENTICATION,
)
_TOKEN = Odd(("s3cret-1",), ("", 5, "{{ x }}", TEXT))
_SECONDS = Odd((5, 60), (-1, 0, "x", 1.5, DURATION))
# What integrations need, and what they may have.
INTEGRATIONS = {
    "slack": {"api_url": URL, "channel": Odd(("#ops", "@me"), (TEXT, "")), "title?": NOTICE, "text?": NOTICE,
     "username?": NOTICE, "color?": NOTICE, "short_fields?": BOOLEAN,
              "fields?": Many({"title": NOTICE, "value": NOTICE, "short?": BOOLEAN}),
               "actions?": Many(Odd(({"type": "button", "text": "x", "url": URL},), ({"type": "button"}, {"text": "x"},
               {}))),
              "link_names?": BOOLEAN, "mrkdwn_in?": Odd((["text"],), ("x", [5])), "timeout?": DURATION,
               "footer?": NOTICE, "icon_emoji?": TEXT, "app_token?": _TOKEN,
              "update_message?": BOOLEAN, "message_text?": NOTICE},
    "email": {"to": Odd(("a@example.test",), ("", "a", "a@b, c@d", "Ü <a@b>", NOTICE)), "from": "b@example.test",
     "smarthost": Odd(("mail:25", "localhost:587"), ("mail", "mail:x", ":25", "[::1]:25", "mail:0", "a b:25",
     "mail:99999", "")),
              "headers?": Named(Odd(("Subject", "X-Team"), ("subject", "a b", "", "ü")), NOTICE), "html?": NOTICE,
               "text?": NOTICE, "require_tls?": BOOLEAN, "auth_username?": TEXT,
              "auth_password?": _TOKEN, "auth_secret?": _TOKEN, "auth_identity?": TEXT, "hello?": TEXT,
               "tls_config?": TLS, "threading?": {"enabled": BOOLEAN}},
    "pagerduty": {"routing_key": _TOKEN, "description?": NOTICE, "severity?": Odd(("critical", "warning"), (NOTICE,)),
     "details?": Named(LABEL, NOTICE), "client?": NOTICE, "url?": URL,
                  "links?": Many({"href": NOTICE, "text?": NOTICE}), "images?": Many({"src?": NOTICE, "alt?": NOTICE}),
                   "component?": NOTICE, "group?": NOTICE, "timeout?": DURATION, "source?": NOTICE},
    "webhook": {"url": URL, "max_alerts?": COUNT, "timeout?": DURATION, "payload?": Odd(({"a": NOTICE},), ("x",
     [NOTICE], 5))},
    "opsgenie": {"api_key": _TOKEN, "api_url?": URL, "message?": NOTICE, "priority?": Odd(("P1", "P5"), ("P9", NOTICE)),
     "tags?": NOTICE, "entity?": NOTICE, "details?": Named(LABEL, NOTICE),
                 "responders?": Many(Odd(({"name": "x", "type": "team"}, {"id": "x", "type": "user"}),
                  ({"type": "team"}, {"name": "x"}, {"name": "x", "type": "nobody"}, {}, {"name": "x",
                  "type": "{{ .Status }}"}))), "update_alerts?": BOOLEAN, "actions?": NOTICE},
    "teams": {"webhook_url": URL, "title?": NOTICE, "text?": NOTICE},
    "telegram": {"bot_token": _TOKEN, "chat_id": Odd((-5, 12345), (0, "x", 1.5, 2**63, "5", None, 2**70)),
     "message?": NOTICE, "parse_mode?": Odd(("HTML", "MarkdownV2", ""), ("html", "x", "Markdown")),
                 "disable_notifications?": BOOLEAN, "message_thread_id?": COUNT, "api_url?": URL},
    "discord": {"webhook_url": URL, "title?": NOTICE, "message?": NOTICE, "content?": NOTICE, "username?": TEXT,
     "avatar_url?": URL},
    "pushover": {"user_key": _TOKEN, "token": _TOKEN, "title?": NOTICE, "message?": NOTICE, "priority?": NOTICE,
     "retry?": DURATION, "expire?": DURATION, "ttl?": DURATION, "html?": BOOLEAN,
                 "monospace?": BOOLEAN, "sound?": NOTICE, "device?": NOTICE, "url?": NOTICE},
    "rocketchat": {"token_id": _TOKEN, "token": _TOKEN, "channel?": NOTICE, "text?": NOTICE, "api_url?": URL,
     "short_fields?": BOOLEAN, "fields?": Many({"title": NOTICE, "value": NOTICE}), "color?": NOTICE},
    "mattermost": {"webhook_url": URL, "channel?": NOTICE, "text?": NOTICE, "username?": NOTICE, "icon_url?": URL,
     "fields?": Many({"title": NOTICE, "value": NOTICE}), "props?": Odd(({"card": NOTICE},), ("x",)),
     "priority?": Odd(({"priority": "urgent"},), ("x", {}))},
    "victorops": {"api_key": _TOKEN, "routing_key": Odd(("team",), ("", NOTICE)), "message_type?": NOTICE,
     "state_message?": NOTICE, "custom_fields?": Named(Odd(("a", "b"), ("routing_key", "message_type", "")), NOTICE),
     "api_url?": URL},
    "webex": {"room_id": Odd(("room",), ("", NOTICE)),
     "http_config": Odd(({"authorization": {"credentials": "s3cret-2"}},), ({}, {"basic_auth": {"username": "u",
     "password": "x"}})), "message?": NOTICE, "api_url?": URL},
    "wechat": {"api_secret": _TOKEN, "corp_id": Odd(("corp",), ("", 5)), "agent_id?": TEXT, "to_user?": NOTICE,
     "message?": NOTICE, "message_type?": Odd(("text", "markdown"), ("x", "")), "api_url?": URL},
    "jira": {"project": Odd(("OPS",), ("", NOTICE)), "issue_type": Odd(("Bug",), ("", NOTICE)), "api_url": URL,
     "http_config": {"basic_auth": {"username": "u", "password": "s3cret-3"}}, "summary?": Odd((NOTICE,),
     ({"template": "x"}, {"template": "x", "enable_update": False})),
             "description?": NOTICE, "labels?": Many(NOTICE), "priority?": NOTICE,
              "fields?": Odd(({"customfield_1": "x"}, {"a": {"b": NOTICE}}), ("x", {"a": [{"b": 5}]})),
              "reopen_duration?": DURATION,
             "wont_fix_resolution?": TEXT, "resolve_transition?": TEXT, "reopen_transition?": TEXT,
              "api_type?": Odd(("auto", "cloud", "datacenter"), ("x",))},
    "sns": {"topic_arn": Odd(("arn:aws:sns:eu-1:5:t",), ("", NOTICE)), "sigv4": Odd(({"region": "eu-1"},), ({},
     {"region": "x", "access_key": "a"}, {"region": "x", "access_key": "a", "secret_key": "s3cret-4"})),
     "subject?": NOTICE, "message?": NOTICE,
            "phone_number?": Odd(("",), ("5",)), "attributes?": Named(LABEL, NOTICE), "api_url?": URL},
    "incidentio": {"url": URL, "alert_source_token": _TOKEN, "max_alerts?": COUNT, "timeout?": DURATION},
    "msteams": {"webhook_url": URL, "title?": NOTICE, "text?": NOTICE, "summary?": NOTICE},
}  # fmt: skip
_NO_CONNECTION = ("email", "webex", "jira")
RECEIVER_NAME = Odd(
    ("team", "oncall", "night"), ("null", "a b", "ü", "{{ x }}", "$x", "a,b", "", "nobody", TEXT, "a/b", "'")
)
WINDOW = {
    "weekdays?": Odd((["monday:friday"], "saturday", ["sunday", "tuesday"]), (["friday:monday"], ["Monday"], ["mon"],
     [], ["monday:"], "x", ["monday:monday"])),
    "from?": Odd(("09:00", "20:00"), ("24:00", "9:00", "00:00", "09:60", "x", 900, "23:59")),
    "to?": Odd(("17:00", "06:00", "24:00"), ("00:00", "25:00", "09:00", "00:01")),
    "location?": Odd(("Europe/Berlin", "UTC"), ("Local", "Berlin", "europe/berlin", "Etc/GMT+5", "", "EST",
     "US/Eastern", "Factory")),
}  # fmt: skip
MATCH = Odd(
    ("critical", ["data", "etl+ml"], {"not": ["warning"]}, {"matches": 'db\\d+"?'}, {"is": "a"}, {"not": "x"}),
    ("", {"not": ""}, {"matches": REGEX}, {"matches": ""}, {"is": ["a"], "not": ["b"]}, [], {}, TEXT, {"is": TEXT},
     {"not": [TEXT, TEXT]}, [TEXT], 5, None, True, ["a", ""]),
)  # fmt: skip
TIMES = {"group_wait?": DURATION, "group_interval?": DURATION, "repeat_interval?": DURATION,
         "group_by?": Odd((["alertname"], ["job", "zone"], ["..."]), (["..."] * 2, ["...", "a"], ["a-b"], [""], ["ü"],
          [], ["a", "a"], "job", [LABEL], ["service.name"], ["a b"]))}  # fmt: skip
INTERVAL = Odd(
    ({"name": "week", "time_intervals": [{"weekdays": ["monday:friday"], "times": [{"start_time": "09:00",
     "end_time": "17:00"}]}]},
     {"name": "end", "time_intervals": [{"days_of_month": ["-1"], "months": ["1:3", "december"], "years": ["2026:2030"],
      "location": "Europe/Berlin"}]}),
    ({"name": "", "time_intervals": []}, {"name": "x"}, {"time_intervals": []}, {"name": "x",
     "time_intervals": [{"days_of_month": ["0"]}]}, {"name": "x", "time_intervals": [{"times": [{"start_time": "17:00",
     "end_time": "09:00"}]}]},
     {"name": "x", "time_intervals": [{"months": ["13"]}]}, {"name": "x",
      "time_intervals": [{"weekdays": ["friday:monday"]}]}, {"name": "x", "time_intervals": [{"location": "Nope"}]},
      {"name": "x", "time_intervals": [{"days_of_month": ["5:3"]}]},
     {"name": "x", "time_intervals": [{"times": [{"start_time": "9:00", "end_time": "10:00"}]}]}, {"name": "x",
      "time_intervals": [{"times": [{"start_time": "09:00"}]}]}, {"name": "x", "time_intervals": [{"years": ["x"]}]},
      {"name": "x", "time_intervals": [None]}),
)  # fmt: skip
INHIBITION = Odd(
    ({"source_matchers": [MATCHER], "target_matchers": [MATCHER], "equal?": ["job"]}, {"source_match": {"a": "b"},
     "target_match_re": {"a": "b|c"}}),
    ({}, {"source_matchers": "x"}, {"equal": ["a-b"]}, {"source_match_re": {"a": "("}}, {"equal": "job"},
     {"source_matchers": [MATCHER], "target_matchers": [MATCHER], "equal": [LABEL]}, {"source_match": {"a-b": "x"}},
     {"name": "x", "sources": [{"matchers": [MATCHER]}], "target_matchers": [MATCHER]}, {"source_match": {"": "x"}},
      {"target_match": {"a": None}}),
)  # fmt: skip
EXTRA = {
    "global?": {"resolve_timeout?": DURATION, "smtp_smarthost?": Odd(("mail:25",), ("mail", "", "mail:x")),
     "smtp_from?": TEXT, "smtp_hello?": TEXT, "smtp_require_tls?": BOOLEAN, "smtp_auth_username?": TEXT,
                "smtp_auth_password?": _TOKEN, "slack_api_url?": URL, "opsgenie_api_key?": _TOKEN,
                 "opsgenie_api_url?": URL, "pagerduty_url?": URL, "victorops_api_key?": _TOKEN,
                 "victorops_api_url?": URL,
                "wechat_api_url?": URL, "wechat_api_secret?": _TOKEN, "wechat_api_corp_id?": TEXT,
                 "telegram_api_url?": URL, "webex_api_url?": URL, "rocketchat_api_url?": URL,
                 "rocketchat_token?": _TOKEN, "jira_api_url?": URL,
                "smtp_tls_config?": TLS, "mattermost_webhook_url?": URL},
    "inhibit_rules?": Many(INHIBITION, 1, 2),
    "time_intervals?": [INTERVAL],
    "mute_time_intervals?": [INTERVAL],
    "templates?": Odd((["own.tmpl"],), (["missing.tmpl"], "own.tmpl", ["*.tmpl"], ["bad.tmpl"], [])),
    "tracing?": Odd(({"endpoint": TARGET},), ({}, {"client_type": "x", "endpoint": "x:1"})),
    "receivers?": Odd(([{"name": "more", "webhook_configs": [{"url": URL}]}],), ([{}], [{"name": "team"}],
     [{"name": "x", "nope_configs": []}], "x", [{"name": "", "webhook_configs": []}])),
}  # fmt: skip


def _integration(dice: Dice, kind: str) -> dict[str, object]:
    block: dict[str, object] = dice.make(INTEGRATIONS[kind])
    if kind not in _NO_CONNECTION and dice.make({"http?": 0}):
        block["http_config"] = {key: value for part in _HTTP for key, value in dice.make(part).items()}
    return {**block, **dice.make({"send_resolved?": BOOLEAN})}


def _route(dice: Dice, names: tuple[str, ...], times: tuple[str, ...], depth: int = 0) -> dict[str, object]:
    one = Odd(names, ("nobody", "missing", "", None))
    route: dict[str, object] = {"receiver": dice.make(one), **dice.make(TIMES)}
    if depth:
        route |= dice.make(
            {"matchers": Many(MATCHER), "continue?": BOOLEAN, "match?": Named(LABEL, TEXT, 2), "match_re?": Named(LABEL,
             REGEX, 2),
             "mute_time_intervals?": [Odd(times or (), ("missing",))] if times else Odd(([],), (["missing"],)),
             "active_time_intervals?": [Odd(times, ("missing",))] if times else Odd(([],), (["missing"],))}
        )  # fmt: skip
        if dice.make(Odd((True, False))):
            del route["matchers"]
    else:
        route |= dice.make(
            Odd(
                ({},),
                ({"matchers": ["a=b"]}, {"continue": True}, {"mute_time_intervals": ["x"]}, {"match": {"a": "b"}}),
            )
        )
    if depth < 2 and dice.make(Odd((True, False))):
        route["routes"] = [_route(dice, names, times, depth + 1) for _ in range(dice.make((1, 2)))]
    return route


def _routing(dice: Dice, names: tuple[str, ...]) -> dict[str, object]:
    one = Odd((*names, "nobody"), ("missing", "", TEXT))
    times = dice.make(
        Odd(
            ({}, {"office": WINDOW, "nights": [WINDOW, WINDOW]}),
            ({"": WINDOW}, {"a b": WINDOW}, {"office": []}, {"office": {}}, {"ü": WINDOW}),
        )
    )
    rule = {"when": Named(LABEL, MATCH), "to": one, "continue?": BOOLEAN, **TIMES}
    if times:
        rule |= {"during?": Odd((next(iter(times)), list(times)), ("missing", [])), "otherwise?": one}
    rules = [dice.make(rule) for _ in range(dice.random.randint(0, 3))]
    for each in rules:
        if "during" not in each:
            each.pop("otherwise", None)
    inhibit = {
        "warnings-by-criticals": Odd(
            (True, False, {"equal": ["job"]}, {"enabled": True, "equal": [LABEL]}), ({"equal": []}, None, "x")
        )
    }
    return {"default": dice.make(one), "rules": rules, "times": times, **dice.make({**TIMES, "inhibit?": inhibit})}


def alertmanager(dice: Dice) -> dict[str, object]:
    """A section of the Alertmanager."""
    names = tuple(dict.fromkeys(str(dice.make(RECEIVER_NAME)) for _ in range(dice.random.randint(0, 3))))
    receivers: dict[str, object] = {}
    for name in names:
        kinds = {dice.random.choice(("webhook", *INTEGRATIONS)) for _ in range(dice.random.randint(1, 2))}
        receivers[name] = {kind: dice.make(([made := _integration(dice, kind)], made)) for kind in sorted(kinds)}
    whole = dice.make({"extra?": EXTRA, "listen?": Odd((19093, "0.0.0.0:9093"), (9090, "x")),
        "labels?": {"team": "core"}, "scrape?": OWN_SCRAPE,
        "external_url?": Odd(("https://alerts.test/am",), ("x",)), "replicas?": Odd((1, 2), (0, "x")),
        "image?": Odd(("prom/alertmanager:v0.35.0",), ("prom/alertmanager:v0.27.0", "x")),
        "data?": Odd(({"from": "shop_alertmanager"}, "./old-data"), ("", {})),
                       "resources?": {"memory?": "1g", "cpus?": 1}, "docker?": OF_A_COMPONENT})  # fmt: skip
    whole |= {"receivers": receivers}
    defined = [
        each for key in ("time_intervals", "mute_time_intervals") for each in whole.get("extra", {}).get(key, ())
    ]
    times = tuple(each["name"] for each in defined if each.get("name"))
    kind = dice.make(("route", "routing", "none"))
    if names and kind == "route":
        whole["route"] = _route(dice, names, times)
    elif names and kind == "routing":
        whole["routing"] = _routing(dice, names)
    return dict(whole)
