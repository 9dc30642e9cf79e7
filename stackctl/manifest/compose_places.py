"""The places of a manifest that hold fields of Compose: what they say goes to Compose as it is written."""

from __future__ import annotations

from stackctl.components import registry

Path = tuple[str | int, ...]

# The key with the Compose fields, of a component and below `run` of a service.
KEY = "docker"


def is_in_compose(path: Path) -> bool:
    """Return whether `path` is a place in the fields of a container: of `containers`, a service or a component."""
    match path:
        case ("containers", _, _, *_):
            return True
        case ("services", _, "run", key, _, *_) | ("exporters", _, key, _, *_):
            return key == KEY
        case (str(name), key, _, *_):
            return key == KEY and registry.find(name) is not None
    return False
