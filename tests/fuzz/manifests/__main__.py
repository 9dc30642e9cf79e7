"""Write the manifest of a number and what it names into a folder: python -m tests.fuzz.manifests 5 FOLDER"""

from __future__ import annotations

import sys
from pathlib import Path

from stackctl.conventions import MANIFEST
from tests.fuzz.manifests import text, write_files

folder = Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
write_files(folder)
(folder / MANIFEST).write_text(text(int(sys.argv[1])))
