"""Writing the files of the user."""

from __future__ import annotations

from pathlib import Path

from stackctl.operations.user_files import write


def test_keeps_the_mode_the_link_and_the_byte_order_mark(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yml", tmp_path / "link.yml"
    real.write_bytes("\ufeffold".encode())
    real.chmod(0o640)
    link.symlink_to(real)
    write({link: "new"})
    assert real.read_bytes() == "\ufeffnew".encode()
    assert real.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
