"""What Grafana is told by its environment. It takes nothing from the command line."""

from __future__ import annotations

from stackctl.conventions import DOLLAR_VARIABLE
from stackctl.model import Grafana
from stackctl.render.grafana import TREE_VARIABLE

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


def grafana_environment(grafana: Grafana, *, tree: str, port: int, expanded: str = "", **more: str) -> dict[str, str]:
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
        **grafana.extra_env,
    }
