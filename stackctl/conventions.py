"""Every name, port, path, label and default image that stackctl chooses. A convention lives here or nowhere."""

from __future__ import annotations

import re

# -- runtimes -----------------------------------------------------------------------------------------------

DOCKER = "docker"
NATIVE = "native"
# No runtime yet: where exported objects run.
KUBERNETES = "kubernetes"

# -- the servers that commands speak of by name; all that is known of them is in stackctl.components -------------

PROMETHEUS = "prometheus"
ALERTMANAGER = "alertmanager"
GRAFANA = "grafana"
PUSHGATEWAY = "pushgateway"

# The Thanos that the one view of all replicas of Prometheus is made of.
THANOS_IMAGE = "quay.io/thanos/thanos:v0.42.0"

# What `simulate` runs on in a container: any Python that stackctl supports, with nothing installed.
SIMULATE_IMAGE = "python:3.13-slim"
# What `simulate` calls itself in its answers, so that it is not taken for what it stands in for.
SIMULATE_SERVER = "stackctl-simulate"

# Where a tree keeps the password of Grafana's administrator.
GRAFANA_PASSWORD_FILE = "secrets/grafana/admin_password"  # noqa: S105 - the name of a file

# The series that Prometheus adds to each scrape.
SERIES_OF_SCRAPES = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
# The names of all that it may add, as a regular expression.
OF_SCRAPES = (
    "up|scrape_(duration_seconds|samples_scraped|samples_post_metric_relabeling|series_added"
    "|timeout_seconds|sample_limit|body_size_bytes)"
)
# What Prometheus itself makes of every scrape and rule, and what client libraries serve unasked.
SERIES_OF_ALL = ("up", "ALERTS", "ALERTS_FOR_STATE", "target_info")
PREFIXES_OF_ALL = ("scrape_", "process_", "go_", "python_", "jvm_", "nodejs_", "dotnet_")

# Why a declared component does not run although nothing failed: the option by which the user agreed.
LEFT_OUT = "left out by --without"
ALLOWED_MISSING = "missing, allowed by --allow-missing"

LOOPBACK = "127.0.0.1"
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
HOST_FROM_CONTAINER = "host.docker.internal"

DEFAULT_INTERVAL = "15s"
DEFAULT_SCRAPE_TIMEOUT = "10s"
DEFAULT_RETENTION_TIME = "15d"
# Prometheus hands discovered targets to its scrape loops at most this often (seconds): field knowledge that
# every wait for a first scrape has to allow for.
TARGET_SYNC_SECONDS = 5.0

# -- names --------------------------------------------------------------------------------------------------

# A Compose project name, and so a stack's name.
LONGEST_NAME = 63
STACK_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
# Services are Compose services, job names and parts of file names.
SERVICE_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}")
METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

# The label that says how bad it is, and its values that conventions here speak of.
SEVERITY = "severity"
CRITICAL = "critical"
WARNING = "warning"
# In a manifest's routing: the receiver that drops alerts.
NOBODY = "nobody"
# The labels in which the alerts of one message agree.
GROUP_BY = ("alertname", "job")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# The name of the password that stackctl makes when the manifest gives none: in the state, and for rendering.
GRAFANA_ADMIN_PASSWORD = "grafana_admin_password"  # noqa: S105 - a name, not a password

# The variable that holds a dollar, for what Grafana expands without a way to escape one.
DOLLAR_VARIABLE = "STACKCTL_DOLLAR"

DATASOURCE_UID = "prometheus"
DATASOURCE_NAME = "Prometheus"
# The file that provisions Grafana's datasources, that of the stack's own Prometheus first.
DATASOURCES_FILE = "grafana/provisioning/datasources/prometheus.yml"
DASHBOARD_PROVIDER = "stackctl"
# A label of DNS (RFC 1123), which is what Kubernetes takes for a name.
KUBERNETES_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# What Grafana takes as the uid of a dashboard.
DASHBOARD_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")

# -- files and folders --------------------------------------------------------------------------------------

MANIFEST = "stack.yml"
ENV_FILE = ".env"
STATE_DIR = ".stackctl"

# A tree's own index of what runs: written by render, read by the runtimes.
UNITS_FILE = "stackctl.json"
COMPOSE_FILE = "compose.yaml"
PROMETHEUS_FILE = "prometheus/prometheus.yml"
RULES_FOLDER = "prometheus/rules/"
ALERTMANAGER_FILE = "alertmanager/alertmanager.yml"
# The label of an alert under drill, and its value where the real receivers are stood in for, or not.
DRILL = "drill"
DRILL_ASIDE, DRILL_LIVE = "true", "live"
# Where drilled alerts end outside of a drill: Alertmanager has them in mind for some time after.
DRILL_RECEIVER = "stackctl-drill"
# Is in a tree only while alerts fire under drill.
DRILL_RULES = f"{RULES_FOLDER}stackctl-drill.yml"
EXPORT_MARKER = ".stackctl-export"
# The scrape jobs for a Prometheus that somebody else runs.
EXTERNAL_JOBS_FILE = "prometheus/jobs.yml"
SECRETS_DIR = "secrets"
# What Prometheus reads again with every request: its web configuration, and what that names.
WEB_FOLDER = f"{SECRETS_DIR}/{PROMETHEUS}/web/"
# What Grafana reads of it, with its datasource.
GRAFANA_WEB_FOLDER = f"{SECRETS_DIR}/{GRAFANA}/{PROMETHEUS}/"
WEB_FILE = f"{WEB_FOLDER}web.yml"

# Where the tree is in a container. The folder above it is the mount, so that a switch of the `current`
# symlink inside the mount is seen at once: a mounted file would stay pinned to its old inode.
CONTAINER_MOUNT = "/etc/stackctl"
CURRENT = "current"
GENERATIONS = "generations"
CONTAINER_TREE = f"{CONTAINER_MOUNT}/{CURRENT}"

GENERATIONS_KEPT = 5
# The folder, below that of its image, in which a server has its data that is given no other.
DATA_FOLDER = "data"

# -- labels of containers and volumes ------------------------------------------------------------------------

LABEL_UNIT = "stackctl.unit"
LABEL_SPEC = "stackctl.spec"
LABEL_VOLUME = "stackctl.volume"
LABEL_FOLDER = "stackctl.folder"
LABEL_HOME = "stackctl.home"
