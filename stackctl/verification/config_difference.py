"""Differences between what was rendered for Prometheus and what it reports to have loaded. Pure."""

from __future__ import annotations

import re
from posixpath import normpath
from typing import Any

from stackctl.promql import duration
from stackctl.tree import load_yaml

# Units of a size in the order that Prometheus knows them. It means powers of 1024 by "GB" too, and reports "GiB".
_SIZE_UNITS = "KMGTPE"
_SIZE = re.compile(rf"([0-9]+(?:\.[0-9]+)?)(?:([{_SIZE_UNITS}])i?)?B")


def same_retention(declared: str, reported: str) -> bool:
    """Return whether two retentions, written as in `15d or 10GiB`, mean the same."""
    return sorted(map(_limit, declared.split(" or "))) == sorted(map(_limit, reported.split(" or ")))


def _limit(text: str) -> tuple[str, float]:
    """A time in seconds or a size in bytes, which may be written in several parts: `8d8h`, `1GiB512MiB`."""
    parts = _SIZE.findall(text)
    if parts and not _SIZE.sub("", text):
        return "bytes", int(sum(float(number) * 1024 ** (_SIZE_UNITS.find(unit or "-") + 1) for number, unit in parts))
    try:
        return "seconds", duration.seconds(text)
    except ValueError:
        return text, 0.0  # of no form that is known, so the same as nothing else


# What is loaded and not rendered ends with this.
ADDED = "loaded, but not rendered"
_DEFAULTS = {"metrics_path": "/metrics", "scheme": "http", "honor_timestamps": True, "follow_redirects": True}
_OF_A_USER = frozenset(
    {
        *("rule_files", "scrape_configs", "scrape_config_files", "remote_write", "remote_read", "external_labels"),
        *("static_configs", "labels", "params", "honor_labels", "basic_auth", "authorization", "oauth2", "proxy_url"),
        *("sample_limit", "target_limit", "label_limit"),
    }
)


def config_difference(rendered: bytes, loaded: str) -> list[str]:
    """Return where the configuration that Prometheus reports lacks or contradicts the rendered one, a line for each."""
    return _difference(load_yaml(rendered), load_yaml(loaded), "")


def _difference(rendered: Any, loaded: Any, path: str) -> list[str]:
    """Prometheus fills in defaults, hides secrets and writes durations its own way: what it adds is no difference."""
    if isinstance(rendered, dict) and isinstance(loaded, dict):
        added = [
            f"{path}.{key}".lstrip(".") for key in loaded if key not in rendered and _is_of_a_user(key, loaded[key])
        ]
        lines = [line for key in rendered for line in _key_difference(rendered, loaded, key, path)]
        return [*lines, *(f"{key}: {ADDED}" for key in added)]
    if isinstance(rendered, list) and isinstance(loaded, list):
        if len(rendered) != len(loaded):
            return [f"{path}: {len(rendered)} rendered, {len(loaded)} loaded"]
        pairs = enumerate(zip(rendered, loaded, strict=True))
        return [line for index, (a, b) in pairs for line in _difference(a, b, f"{path}[{index}]")]
    if loaded == "<secret>" or _same(rendered, loaded):
        return []
    return [f"{path}: rendered {rendered!r}, loaded {loaded!r}"]


def _is_of_a_user(key: str, value: Any) -> bool:
    """Return whether Prometheus has a key only because somebody wrote it: of the others it reports its defaults."""
    if key in _DEFAULTS:
        return bool(value != _DEFAULTS[key])
    return key in _OF_A_USER or key.endswith(("_sd_configs", "relabel_configs"))


def _key_difference(rendered: dict[str, Any], loaded: dict[str, Any], key: str, path: str) -> list[str]:
    below = f"{path}.{key}" if path else str(key)
    if key in loaded:
        return _difference(rendered[key], loaded[key], below)
    # An empty value and one that Prometheus leaves out are the same to it.
    return [] if rendered[key] in (None, "", 0, False, [], {}) else [f"{below}: rendered, but not loaded"]


def _same_text(rendered: str, loaded: str) -> bool:
    # `$$` is how a literal dollar is written where Prometheus expands variables.
    if rendered.replace("$$", "$") == loaded:
        return True
    # It writes sizes with units of its own.
    if _SIZE.fullmatch(rendered) and _SIZE.fullmatch(loaded):
        return _limit(rendered) == _limit(loaded)
    # Prometheus reports a path relative to its configuration as an absolute one.
    return loaded.startswith("/") and loaded.endswith(f"/{normpath(rendered).removeprefix('../')}")


def _same(rendered: Any, loaded: Any) -> bool:
    if rendered == loaded or (rendered in (None, {}, []) and loaded in (None, {}, [])):
        return True
    if isinstance(rendered, str) and isinstance(loaded, str):
        try:
            return duration.seconds(rendered) == duration.seconds(loaded)
        except ValueError:
            return _same_text(rendered, loaded)
    return str(rendered) == str(loaded)
