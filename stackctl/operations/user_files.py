"""Writing the files of the user."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Mapping
from pathlib import Path

from stackctl.bounds import files
from stackctl.manifest.text import SIZE_LIMIT


def write(texts: Mapping[Path, str]) -> None:
    """Write files whole or not at all, each with the mode it has. Raises InputError or Unavailable."""
    from stackctl.state import disk

    for path, text in texts.items():
        real = path.resolve()
        with disk.explained(path):
            mark = codecs.BOM_UTF8 if files.read_bytes(real, SIZE_LIMIT).startswith(codecs.BOM_UTF8) else b""
            disk.write_file(real, mark + text.encode(), stat.S_IMODE(real.stat().st_mode))
