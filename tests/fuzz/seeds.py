"""Inputs to begin with: small, valid, and with many of the keys that there are."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

from stackctl import conventions as c

PASSWORD_NAME = c.GRAFANA_ADMIN_PASSWORD
_TESTS = Path(__file__).parents[1]
_ROOT = _TESTS.parent


def files(*folders: str) -> tuple[bytes, ...]:
    """The small files of other projects' shapes."""
    paths = sorted(path for folder in folders for path in (_TESTS / "corpus" / "files" / folder).rglob("*.*"))
    return tuple(path.read_bytes() for path in paths)


def archives() -> tuple[bytes, ...]:
    """A backup, and a tar.gz with other things in it."""
    out = io.BytesIO()
    with gzip.GzipFile("", "wb", 1, out, mtime=0) as stream, tarfile.open(fileobj=stream, mode="w") as made:
        for name, content in (("data/prometheus/a", b"x"), ("backup.json", b'{"format": "stackctl-backup/1"}')):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            made.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("data/prometheus/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        made.addfile(link)
    return (out.getvalue(), gzip.compress(b"x" * 2000, mtime=0))


MANIFESTS = (
    *(path.read_bytes() for path in sorted((_TESTS / "manifests" / "render").glob("*/stack.yml"))),
    *(path.read_bytes() for path in sorted((_TESTS / "manifests" / "bad").glob("*.yml")) if path.stat().st_size < 3000),
)
BOARD = b"""\
title: A
uid: a
folder: F
variables: [{name: v, query: 'label_values(up, job)'}]
rows:
- title: R
  panels:
  - {title: p, query: 'up{job="$v"}', unit: short, thresholds: {critical: 1}}
"""
_CONTRACT = b"""\
requests_total: {type: counter, labels: {code: [200, 500]}}
latency_seconds: {type: histogram, buckets: [0.1, 1], labels: {path: }}
queue: gauge
"""
COMPACT = (
    BOARD,
    *(path.read_bytes() for path in sorted((_TESTS / "manifests" / "render" / "compact").rglob("*.yml"))[:3]),
)
CONTRACTS = (
    _CONTRACT,
    *(path.read_bytes() for path in sorted((_TESTS / "manifests" / "bad" / "contracts").glob("*.yml"))[:4]),
)
PACKS = tuple(path.read_bytes() for path in sorted((_ROOT / "rules").glob("*.yml"))[:5])
ENV = (b"A=1\n", b"export A='x y'\nB=\"$A\" # c\n", b"A=${B:-c}\nA\n=x\n", b'A="x\ny"\n')
ANSWERS = (
    b'{"status": "error", "error": "bad", "data": {"result": [{"metric": {}, "value": [1, "2"]}]}}',
    b"<html>500</html>",
    b'{"message": [1, {"a": null}]}',
)
UNITS = (b'{"stack": "x", "runtime": "docker", "units": [{"name": "prometheus", "spec": "a", "ready": "http://x"}]}',)
RUNNING = (b'{"runtime": "native", "generation": "abc", "units_skipped": {"grafana": "x"}, "started_at": 1.5}',)
HOMES = (b'{"id": "a", "folder": "/x", "made_at": 1.0, "runtime": "docker"}',)
JOURNALS = (b'{"operation": "restore", "token": "ab", "aside": ["a"], "skipped": {"a": "b"}, "in_place": true}',)
LOGINS = (b"[1700000000.5, 1]",)
