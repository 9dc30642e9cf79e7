"""Start a Debian build that reads a file at an absolute path, although its package is only unpacked in the cache.

The launcher is a shell script that runs the program in a mount namespace of its own, in which the package's files
lie over /usr/share. No root is needed where the kernel gives users namespaces, which most distributions let it do.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from stackctl.components.release import Release
from stackctl.diagnostic import Diagnostic

# Every step replaces the process before it, so the program keeps the pid that the launcher was started with.
# A relative `lowerdir` spares quoting: the path of the cache may hold a colon or a comma.
_SCRIPT = """\
#!/bin/sh
# Debian's {binary} needs {fixed_file}.
# Where it is missing, run the program in its own mount namespace, with this package's files mounted over /usr/share.
set -e
here=$(dirname "$(readlink -f "$0")")
program="$here/usr/bin/{binary}"
[ -e {fixed_file} ] && exec "$program" "$@"
[ "$(id -u)" = 0 ] || user="--user --map-root-user"
exec unshare $user --mount -- /bin/sh -ec '
    cd "$0/usr"
    mount -t overlay overlay -o lowerdir=share:/usr/share /usr/share
    cd "$OLDPWD"
    exec "$@"
' "$here" "$program" "$@"
"""
_TRIAL = ["mount", "-t", "overlay", "overlay", "-o", "lowerdir=/usr/share:/usr/lib", "/usr/share"]


def write(entry: Path, binary: str, fixed_file: str) -> None:
    """Make `entry` the launcher of `usr/bin/<binary>`, which is in the unpacked package next to it."""
    entry.write_text(_SCRIPT.format(binary=binary, fixed_file=fixed_file))
    entry.chmod(0o755)


def is_possible(release: Release) -> bool:
    """Return whether Debian's build of `release` can run from the cache here. Tries it, and changes nothing."""
    if not release.fixed_file or Path(release.fixed_file).exists():
        return True
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    try:
        tried = subprocess.run(["unshare", *user, "--mount", "--", *_TRIAL], capture_output=True, check=False)
    except OSError:
        return False
    return tried.returncode == 0


def obstacle(release: Release) -> Diagnostic:
    """Return the error for a machine on which that is not possible."""
    return Diagnostic(
        "tools.does-not-run",
        f"Debian's {release.project} cannot run from the cache on this machine",
        cause=f"It reads {release.fixed_file}, and this machine allows no mount namespace that provides this file.",
        remedy="Use `--source archive`, or put an upstream build on PATH.",
    )
