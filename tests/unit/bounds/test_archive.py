"""Archives that others made are read within limits."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from stackctl import backup
from stackctl.bounds import archive
from stackctl.errors import InputError


def packed(*members: tuple[str, bytes], header: int = 0) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, out) as stream, tarfile.open(fileobj=stream, mode="w") as made:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.pax_headers = {"comment": "x" * header} if header else {}
            made.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def test_refuses_an_archive_that_unpacks_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SMALL_BYTES", 1 << 20)
    (tmp_path / "a.tar.gz").write_bytes(packed(("data/prometheus/x", bytes(16 << 20))))
    with pytest.raises(InputError, match="unpacks to more than"):
        backup.verify(tmp_path / "a.tar.gz")


def test_refuses_a_header_that_fills_the_memory(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(packed(("data/prometheus/x", b"x"), header=8 << 20))
    with pytest.raises(InputError, match="header"):
        backup.verify(tmp_path / "a.tar.gz")


def test_refuses_a_backup_whose_index_is_too_deep(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(packed(("backup.json", b"[" * 100_000)))
    with pytest.raises(InputError, match=r"backup\.json"):
        backup.verify(tmp_path / "a.tar.gz")
