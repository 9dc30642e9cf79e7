"""What is written for a value: durations, names, texts, addresses and the like, and the odd ones of each."""

from __future__ import annotations

from tests.fuzz.manifests.shapes import Many, Named, Odd

BOOLEAN = Odd((True, False), ("yes", "on", 1, "maybe", None, "True"))
DURATION = Odd(
    ("15s", "30s", "1m"),
    ("1m30s", "2h", "500ms", "1d", "0s", "15", "1.5m", "-1m", "1m1h", "", "300y", "5M", "1y2w3d4h5m6s7ms", 0, 60, " 1m",
     "01m", "1ms", "99999999y", "292y", "1h1h"),
)  # fmt: skip
TIMEOUT = Odd(("5s", "10s"), ("1ms", "15s", "0s", "16s", "1y"))
# How one of the stack's own servers is scraped.
OWN_SCRAPE = Odd(
    (True, {}, {"job?": Odd(("own-a", "own-b", "own-c"), ("",)), "scrape_interval?": "30s", "scrape_timeout?": TIMEOUT,
            "enabled?": True}),
    (False, {"enabled": False}, {"enabled": "x"}, {"labels": {}}, None, "self"),
)  # fmt: skip
COUNT = Odd((1, 5, 100), (0, -1, "5", 1.5, 1e3, 2**31, 2**32, 2**63, 2**64, "0x10", "1_000", "many", None, True, "1e3"))
NAME = Odd(
    ("api", "web-1", "a_b", "A"),
    ("x" * 63, "x" * 64, "ä", "a.b", "9a", "a b", "-a", "a-", "_a", "A.b", "null", "on", "1", "a/b", "prometheus",
     "node", "..", "grafana", "x-a", "a$b", "redis"),
)  # fmt: skip
TEXT = Odd(
    ("plain", "two words", "ünïcode ✓", "a: b # c", "${SET}", "$$x"),
    ("'quoted'", '"', "", "tab\there", "line\nbreak", "null", "true", "0x10", "1_000", "~", "- x", "*a", "&a", "!x",
     "%x", "@x", "`x`", "{{ .Value }}", "[[ x ]]", "[% x %]", "$x", "${UNSET:-d}", " lead", "trail ", "22:22", "010",
     "1e3", "\\", "a\\nb", "…" * 300, "\u2028", "\x7f", "🎉", 5, True, 1.5, "|", ">", "---", "? a", "'", "a\r\nb",
      "\x85",
     "{}", "[]", "#x", "=", "<<", "<no value>", ".inf", "NaN", "2001-01-01", "y", "\u200b", "\ufeff", "+1", "1:2",
      "0o7"),
)  # fmt: skip
LABEL = Odd(
    ("severity", "team", "zone"),
    ("le", "__meta", "a-b", "service.name", "ü", "job", "9x", "", "__name__", "instance", "a b", "quantile", "true",
     "alertname", "exported_job", "x" * 200, "a:b", "__tmp_x", "${SET}", "a\nb", "`", '"', "null", "{", "\u00a0"),
)  # fmt: skip
LABELS = Named(LABEL, TEXT)
TEMPLATE = Odd(
    ("{{ $labels.job }} is down", "{{ $value | humanize }}", "plain", "{{ $labels.a }} {{ $externalLabels.x }}"),
    ("{{ .Value }}", "{{ $value", "{{ nope }}", "{{ if }}", "{{ range $i, $e := query \"up\" }}{{ $e.Value }}{{ end }}",
     '{{ template "x" }}', "{{ $labels.a-b }}", "{{/* c */}}", "{{ $value | humanizePercent }}", "{{- 1 -}}", "}}",
     "{{ $value | printf `%.2f` }}", "{{ with query \"up\" }}{{ . | first | value }}{{ end }}",
      "{{ define `x` }}{{ end }}",
     '{{ query "up ==" }}', "{{ 1 | toTime }}", "{{ $x }}", '{{ "a" | title }}',
         "{{ $labels.job | reReplaceAll `(` `` }}"),
)  # fmt: skip
NOTICE = Odd(
    ("plain", "{{ .CommonLabels.alertname }}", "{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}"),
    ("{{ .Nope }}", "{{ nope }}", '{{ template "x" . }}', '{{ template "slack.default.title" . }}', "{{ .Alerts.Firing",
     "{{ .Status | toUpper }}", "{{ (index .Alerts 0).Labels.x }}", "{{ $value }}", "", "{{ len .Alerts }}",
     '{{ join ", " .GroupLabels.Values }}', "{{ .ExternalURL | urlUnescape }}", "{{ if }}", "}}", 5, None),
)  # fmt: skip
TARGET = Odd(
    ("localhost:8000", "10.0.0.5:9100", "[::1]:80", "app.example:443"),
    ("localhost", "http://x:1", "a:99999", "${HOST}:1", "a_b:1", "a:0", ":1", "a:b", "a:1/x", "user@a:1", "ä:1", "*:1",
     "[::1]", "::1:80", "0.0.0.0:1", "a..b:1", "a:01", "-a:1", "x" * 300 + ":1", "a b:1", "{{ x }}:1", "$x:1", 80, "",
     "a:+1", "1.2.3:4", "[fe80::1%eth0]:1", "A:1", "a.:1", "127.1:80"),
)  # fmt: skip
URL = Odd(
    ("http://localhost:1/", "https://hook.example/x?y=z", "http://[::1]:9/"),
    ("ftp://x/", "hook.example", "http://u:p@h/", "http://", "http://a b/", "//x/", "http://x:99999/", "http://x:a/",
     "http://x/%zz", "http://x/{{ x }}", "https://ü.example/", "http://x/#f", "HTTP://x/", "http:/x", "", "mailto:a@b",
     "http://x/\n", " http://x/", "http://${HOST}/", "unix:///x", "http://a:b@c:d@e/", "http://%41/", "http://[::1/",
     "http://x?a=b", "http://-/", "http://:80/", 5, None, "http://a_b/", "http://<x>/", "http://x/\x7f", "http://1/"),
)  # fmt: skip
REGEX = Odd(
    ("(.*):.*", "a|b", ".+", "(?i)x"),
    ("(", "(?=x)", "a{1001}", "", "\\d+", "(?P<n>x)", "[z-a]", "\\p{Greek}", "(?<n>x)", "x**", "\\Qa\\E", "^a$",
     "(?s:.)",
     "a{,3}", "\\1", "[[:alpha:]]", "\\x{10FFFF}", "(?:)", "(a{500}){500}", "\\z", "\\Z", "ü", "(?-s).", "a++", "\\",
      "$1",
     "\\pN", "\\p{L", "[^\\n]", "(?U)x", "(?P<a>x)(?P<a>y)", 5),
)  # fmt: skip
MATCHER = Odd(
    ('severity="page"', 'a=~"b|c"', "a!=b", 'a!~"x.*"'),
    ("a", 'a=~"("', "service.name=x", '"ü"="x"', "a==b", "", "=", 'a="', 'a="b" ', '{a="b"}', 'a="b",c="d"', "a=b c",
     'a="\\x"', "a=", 'a=~""', "ü=x", '"a b"=x', "a = b", "a=~b|c", "a=1", "a='b'", "a=\\n", 'a="\n"', "a!b", "a:b=c",
         5,
     '{a="b",}', "{}", "a=b,", '"a"=~"("', "a=☃", "a=~(?i)x", "a~=b"),
)  # fmt: skip
HEADERS = Named(
    Odd(("X-Team", "Accept-Language"), ("x y", "Authorization", "Host", "", "ü", "X_a", "Content-Type", "a:b")), TEXT, 2
)
HTTP_HEADERS = Named(
    Odd(("X-Team", "X-B"), ("x y", "Authorization", "", "ü", "Host", "X-Prometheus-Scrape-Timeout-Seconds")),
    Odd(({"values": Many(TEXT)}, {"secrets": ["s3cret-1"]}), ("x", {}, {"value": "x"}, {"files": ["missing"]}, [])),
    2,
)
TLS = {
    "insecure_skip_verify?": BOOLEAN,
    "server_name?": TEXT,
    "min_version?": Odd(("TLS12", "TLS13"), ("TLS1.2", "SSL3", "TLS10", "", "tls12")),
    "max_version?": Odd(("TLS13",), ("TLS10", "13")),
    "ca_file?": Odd(("ca.crt",), ("missing.crt", "garbage.pem", "server.key", "", "../x")),
}
CERTIFIED = {**TLS, "cert_file": Odd(("server.crt",), ("ca.crt",)), "key_file": Odd(("server.key",), ("server.crt",))}
OAUTH2 = {
    "client_id": TEXT,
    "client_secret": Odd(("s3cret-2",), ("", 5)),
    "token_url": URL,
    "scopes?": Many(TEXT),
    "endpoint_params?": Named(LABEL, TEXT, 2),
    "tls_config?": TLS,
    "proxy_url?": URL,
}
AUTHORIZATION = Odd(
    ({"credentials": "s3cret-3"}, {"type": "Token", "credentials": "s3cret-3"}),
    ({"type": "Basic", "credentials": "x"}, {"type": "Bearer"}, {}, {"credentials": ""},
     {"credentials_file": "missing"},
     {"credential": "x"}, {"type": "", "credentials": "x"}, {"credentials": "x", "credentials_file": "token"},
     {"credentials_file": "token"}, {"type": "basic", "credentials": "a"}, {"credentials": "a\nb"}, None),
)  # fmt: skip
LOGIN = Odd(
    ({"username": "u", "password": "p4ssword"},),
    ({"username": "u"}, {"password": "x"}, {"username": "", "password": ""}, {"username": "u",
     "password_file": "token"},
     {"user": "x"}, {"username": "a:b", "password": "x"}, {"username": "u", "password": "x", "password_file": "token"}),
)  # fmt: skip
# One way to authenticate at most; two of them are odd.
AUTHENTICATION = Odd(
    ({}, {}, {"basic_auth": LOGIN}, {"authorization": AUTHORIZATION}, {"oauth2": OAUTH2}),
    ({"basic_auth": LOGIN, "oauth2": OAUTH2}, {"bearer_token": "x"}, {"bearer_token_file": "token"},
     {"basic_auth": LOGIN, "authorization": AUTHORIZATION}, {"authorization": AUTHORIZATION, "bearer_token": "x"}),
)  # fmt: skip
PROXY = Odd(
    ({}, {}, {"proxy_url": URL}, {"proxy_from_environment": True}),
    ({"proxy_url": "http://x/", "proxy_from_environment": True}, {"no_proxy": "x"}, {"proxy_url": ""},
     {"proxy_url": "http://x/", "no_proxy": "a,b"}, {"proxy_connect_header": {"A": ["b"]}},
     {"proxy_url": "http://x/", "proxy_connect_header": {"A": ["b"]}}, {"proxy_url": "http://x/",
      "proxy_connect_header": {"A": "b"}}),
)  # fmt: skip
