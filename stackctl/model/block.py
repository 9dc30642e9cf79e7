"""Blocks of configuration that belong to another program, as plain mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Block = Mapping[str, Any]
