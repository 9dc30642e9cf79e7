"""What Grafana is told by its environment. It takes nothing from the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from stackctl import conventions as c
from stackctl.conventions import DOLLAR_VARIABLE
from stackctl.model import Grafana
from stackctl.render.grafana import TREE_VARIABLE
from stackctl.render.secrets import SecretFiles
from stackctl.source import Secret
from stackctl.tree import File

# Grafana's own variables that it can read from a file. The image's start script sees the others before it does that.
_FROM_FILE = re.compile(r"GF_(?!AWS_|INSTALL_|PATHS_)\w+(?<!__FILE)")
_ENV_FILE = "env"

_SETTINGS = {
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
    "GF_USERS_ALLOW_SIGN_UP": "false",
}


def grafana_environment(
    grafana: Grafana, runtime: str, *, tree: str, port: int, expanded: str = "", **more: str
) -> dict[str, str]:
    """The variables of a Grafana whose tree is at `tree`, with `more` of the runtime's. The user's own win.

    `expanded` is the same path for provisioning files, where that differs: Grafana expands what they name.
    """
    return {
        **_SETTINGS,
        "GF_PATHS_PROVISIONING": f"{tree}/grafana/provisioning",
        "GF_SECURITY_ADMIN_USER": grafana.admin_user,
        "GF_SERVER_HTTP_PORT": str(port),
        TREE_VARIABLE: expanded or tree,
        DOLLAR_VARIABLE: "$",
        **more,
        **_own(grafana, tree, runtime),
    }


def grafana_files(grafana: Grafana, runtime: str) -> dict[str, File]:
    """The secret variables of the user's own, each as a file; natively those that Grafana does not read, in one."""
    secrets = SecretFiles(c.GRAFANA)
    rest = {}
    for name, value in grafana.extra_env.items():
        if isinstance(value, Secret) and _FROM_FILE.fullmatch(name):
            secrets.add(name, value.reveal())
        elif isinstance(value, Secret):
            rest[name] = value.reveal()
    if rest and runtime == c.NATIVE:
        secrets.add(_ENV_FILE, json.dumps(rest))
    return secrets.files


def grafana_env_file(files: Mapping[str, File]) -> str:
    """The file with variables of a native Grafana, "" when there is none."""
    path = f"{c.SECRETS_DIR}/{c.GRAFANA}/{_ENV_FILE}"
    return path if path in files else ""


def _own(grafana: Grafana, tree: str, runtime: str) -> dict[str, str]:
    """The user's own variables. A secret is named by its file where Grafana reads one."""
    made = {}
    for name, value in grafana.extra_env.items():
        if not isinstance(value, Secret):
            made[name] = value
        elif not _FROM_FILE.fullmatch(name):
            made |= {name: value.reveal()} if runtime == c.DOCKER else {}
        elif runtime == c.DOCKER:
            made[f"{name}__FILE"] = f"{tree}/{c.SECRETS_DIR}/{c.GRAFANA}/{name}"
        else:
            made[name] = f"$__file{{{tree}/{c.SECRETS_DIR}/{c.GRAFANA}/{name}}}"
    return made
