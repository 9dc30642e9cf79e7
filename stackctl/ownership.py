"""Access to the files of a tree: for everybody, or for a secret only for the one unit that needs it.

Natively a unit is a process of the user's, so a secret file is the user's own. A container runs as another user, and
joins a group that only its unit has. Root gives the file to that group; another user may not, and lets the group in by
an access control list. Where the file system has none, the file is for the user's own group, which all containers join.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.components.component import groups_of_instances
from stackctl.tree import File, Tree, reader

_PLAIN, _PLAIN_FOLDER = 0o644, 0o755
_OWN, _OWN_FOLDER = 0o400, 0o700
_SHARED, _SHARED_FOLDER = 0o440, 0o750
# Containers pass through it to the folder of their unit, and see no names in it.
_PASSAGE = 0o711
_OTHERS = 0o007

# An access control list as Linux keeps it with a file: version, then tag, permissions and id of each entry.
_ACL = "system.posix_acl_access"
_USER, _GROUP, _NAMED_GROUP, _MASK, _OTHER = 0x01, 0x04, 0x08, 0x10, 0x20
_NO_ID = 0xFFFFFFFF


def group_of(unit: str, paths: Iterable[str] = ()) -> int | None:
    """The group that only the container of `unit` joins; None where it has none.

    A component has its own. An exporter with a name of the user's own has one if it has secrets among `paths`, those
    of all files of its tree.
    """
    known = registry.find(unit)
    if known is not None:
        return known.group if known.runs else None
    names = {reader(path) for path in paths if path.startswith(f"{c.SECRETS_DIR}/")} - {""}
    return groups_of_instances([name for name in names if registry.find(name) is None]).get(unit)


def protect_file(path: Path, name: str, file: File, tree: Tree) -> None:
    """Let those read the file at `path` who need it; `name` is its path in `tree`. Raises OSError."""
    if not file.secret:
        path.chmod(_PLAIN)
    else:
        _close(path, _group(name, tree), _OWN, _SHARED)


def protect_folder(path: Path, name: str, tree: Tree) -> None:
    """The same for a folder of a tree."""
    if name == c.SECRETS_DIR:
        path.chmod(_PASSAGE)
    elif name.startswith(f"{c.SECRETS_DIR}/"):
        _close(path, _group(f"{name}/", tree), _OWN_FOLDER, _SHARED_FOLDER)
    else:
        path.chmod(_PLAIN_FOLDER)


def is_closed(path: Path) -> bool:
    """Return whether a file is one that others cannot read. Raises OSError."""
    return not path.stat().st_mode & _OTHERS


def shared_group(tree: Path) -> int | None:
    """The group by which all containers have to read the secrets of the tree at `tree`; None where each has its own."""
    files = sorted(path for path in (tree / c.SECRETS_DIR).glob("*/*") if path.is_file())
    names = [path.relative_to(tree).as_posix() for path in files]
    for path in files:
        if (group := group_of(path.parent.name, names)) is not None:
            found = path.stat().st_gid
            return None if found == group or _has_list(path) else found
    return None


def _group(name: str, tree: Tree) -> int | None:
    # Only units that run as users of their own need a group.
    return group_of(reader(name), tree.files) if tree.has_users else None


def _close(path: Path, group: int | None, own: int, shared: int) -> None:
    """Leave `path` to its owner, and to `group` if there is one."""
    path.chmod(own)
    if group is None:
        return
    if os.geteuid() == 0:
        os.chown(path, -1, group)
    elif _let_in(path, group, shared):
        return
    path.chmod(shared)


def _let_in(path: Path, group: int, mode: int) -> bool:
    """Let `group` read `path` by an access control list; whether that can be done here."""
    owners, groups = mode >> 6 & 7, mode >> 3 & 7
    entries = [
        (_USER, owners, _NO_ID),
        (_GROUP, 0, _NO_ID),
        (_NAMED_GROUP, groups, group),
        (_MASK, groups, _NO_ID),
        (_OTHER, 0, _NO_ID),
    ]
    try:
        os.setxattr(path, _ACL, struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries))
    except (AttributeError, OSError):
        return False
    return True


def _has_list(path: Path) -> bool:
    try:
        return bool(os.getxattr(path, _ACL))
    except (AttributeError, OSError):
        return False
