"""What Grafana is told by its environment. It takes nothing from the command line."""

from __future__ import annotations

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


def grafana_environment(grafana: Grafana, *, tree: str, port: int, **more: str) -> dict[str, str]:
    """The variables of a Grafana whose tree lies at `tree`, with `more` of the runtime's. The user's own win."""
    return {
        **_SETTINGS,
        "GF_PATHS_PROVISIONING": f"{tree}/grafana/provisioning",
        "GF_SECURITY_ADMIN_USER": grafana.admin_user,
        "GF_SERVER_HTTP_PORT": str(port),
        TREE_VARIABLE: tree,
        **more,
        **grafana.extra_env,
    }
