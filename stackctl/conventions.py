"""Every name, port, path, label and default image that stackctl chooses. A convention lives here or nowhere."""

from __future__ import annotations

import re

# -- runtimes -----------------------------------------------------------------------------------------------

DOCKER = "docker"
NATIVE = "native"

# -- components ---------------------------------------------------------------------------------------------

PROMETHEUS = "prometheus"
ALERTMANAGER = "alertmanager"
GRAFANA = "grafana"
PUSHGATEWAY = "pushgateway"
NODE = "node"
BLACKBOX = "blackbox"
CADVISOR = "cadvisor"
POSTGRES = "postgres"
REDIS = "redis"
KAFKA = "kafka"
NGINX = "nginx"
MEMCACHED = "memcached"
CLICKHOUSE = "clickhouse"

IMAGES = {
    PROMETHEUS: "prom/prometheus:v3.13.5",
    ALERTMANAGER: "prom/alertmanager:v0.35.0",
    GRAFANA: "grafana/grafana:13.2.3",
    PUSHGATEWAY: "prom/pushgateway:v1.11.3",
    NODE: "prom/node-exporter:v1.12.1",
    BLACKBOX: "prom/blackbox-exporter:v0.28.0",
    # Before 0.54 the series of containers are missing under Docker 29's image store, while the target is up.
    CADVISOR: "ghcr.io/google/cadvisor:0.60.6",
    POSTGRES: "prometheuscommunity/postgres-exporter:v0.20.1",
    # Only the alpine image has a wget for the healthcheck.
    REDIS: "oliver006/redis_exporter:v1.92.1-alpine",
    KAFKA: "danielqsj/kafka-exporter:v1.9.0",
    NGINX: "nginx/nginx-prometheus-exporter:1.5.3",
    MEMCACHED: "prom/memcached-exporter:v0.17.0",
}

# In Docker an exporter that has the name of what it asks is called otherwise: on a network that both are on, the name
# of the server would lead to either.
CONTAINER_NAMES = {name: f"{name}-exporter" for name in (POSTGRES, REDIS, KAFKA, NGINX, MEMCACHED)}

# What `simulate` runs on in a container: any Python that stackctl supports, with nothing installed.
SIMULATE_IMAGE = "python:3.13-slim"
# What `simulate` calls itself in its answers, so that it is not taken for what it stands in for.
SIMULATE_SERVER = "stackctl-simulate"

# Where a tree keeps the password of Grafana's administrator.
GRAFANA_PASSWORD_FILE = "secrets/grafana/admin_password"  # noqa: S105 - the name of a file

# The port a component listens on inside its container, and natively unless `listen` says otherwise.
PORTS = {
    PROMETHEUS: 9090,
    ALERTMANAGER: 9093,
    GRAFANA: 3000,
    PUSHGATEWAY: 9091,
    NODE: 9100,
    BLACKBOX: 9115,
    CADVISOR: 8080,
    POSTGRES: 9187,
    REDIS: 9121,
    KAFKA: 9308,
    NGINX: 9113,
    MEMCACHED: 9150,
}

READY_PATHS = {
    PROMETHEUS: "/-/ready",
    ALERTMANAGER: "/-/ready",
    GRAFANA: "/api/health",
    PUSHGATEWAY: "/-/ready",
    NODE: "/metrics",
    BLACKBOX: "/-/healthy",
    CADVISOR: "/healthz",
    POSTGRES: "/",
    REDIS: "/health",
    KAFKA: "/healthz",
    NGINX: "/",
    MEMCACHED: "/",
}

# Components whose image holds nothing but the program, so that no healthcheck can run in it.
BARE = frozenset({NGINX})

# Components that re-read their configuration on a POST to this path.
RELOAD_PATHS = {PROMETHEUS: "/-/reload", ALERTMANAGER: "/-/reload", BLACKBOX: "/-/reload"}

# The binary of the native runtime, by the name in stackctl.tools.catalogue.
TOOLS = {
    PROMETHEUS: "prometheus",
    ALERTMANAGER: "alertmanager",
    GRAFANA: "grafana",
    PUSHGATEWAY: "pushgateway",
    NODE: "node_exporter",
    BLACKBOX: "blackbox_exporter",
    CADVISOR: "cadvisor",
    POSTGRES: "postgres_exporter",
    REDIS: "redis_exporter",
    KAFKA: "kafka_exporter",
    NGINX: "nginx-prometheus-exporter",
    MEMCACHED: "memcached_exporter",
}

# How the names of the metrics begin that a component serves.
SERIES_PREFIXES = {
    PROMETHEUS: ("prometheus_", "net_conntrack_", "promhttp_"),
    ALERTMANAGER: ("alertmanager_",),
    GRAFANA: ("grafana_", "access_evaluation_"),
    PUSHGATEWAY: ("pushgateway_", "push_"),
    NODE: ("node_",),
    BLACKBOX: ("probe_", "blackbox_"),
    "cadvisor": ("container_", "machine_", "cadvisor_"),
    "postgres": ("pg_", "postgres_"),
    "redis": ("redis_",),
    "kafka": ("kafka_",),
    "nginx": ("nginx_",),
    "memcached": ("memcached_",),
    "clickhouse": ("ClickHouse",),
}
# What Prometheus itself makes of every scrape and rule, and what client libraries serve unasked.
SERIES_OF_ALL = ("up", "ALERTS", "ALERTS_FOR_STATE", "target_info")
PREFIXES_OF_ALL = ("scrape_", "process_", "go_", "python_", "jvm_", "nodejs_", "dotnet_")

# The users that the upstream images run as, and where they keep their data.
CONTAINER_USERS = {GRAFANA: "472"}
DEFAULT_CONTAINER_USER = "65534"
# The groups by which containers read the secrets of their own unit, and of no other. No system gives these numbers to
# users or programs, and they are low enough for user namespaces.
SECRET_GROUPS = {name: 60710 + number for number, name in enumerate(IMAGES)}
DATA_PATHS = {
    PROMETHEUS: "/prometheus",
    ALERTMANAGER: "/alertmanager",
    GRAFANA: "/var/lib/grafana",
    PUSHGATEWAY: "/pushgateway",
}

# A series, and what must hold of it, when an exporter does what it is for beyond answering: it reaches what it exports.
EXPORTER_WORKS = {
    NODE: ('node_uname_info{job="node"}', ""),
    CADVISOR: ('container_last_seen{job="cadvisor", name!=""}', ""),
    POSTGRES: ('pg_up{job="postgres"}', "== 1"),
    REDIS: ('redis_up{job="redis"}', "== 1"),
    KAFKA: ('kafka_brokers{job="kafka"}', "> 0"),
    NGINX: ('nginx_up{job="nginx"}', "== 1"),
    MEMCACHED: ('memcached_up{job="memcached"}', "== 1"),
}

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
DASHBOARD_PROVIDER = "stackctl"
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
SECRETS_DIR = "secrets"
# What Prometheus reads again with every request: its web configuration, and what that names.
WEB_FOLDER = f"{SECRETS_DIR}/{PROMETHEUS}/web/"
# What Grafana reads of it, with its datasource.
GRAFANA_WEB_FOLDER = f"{SECRETS_DIR}/{GRAFANA}/{PROMETHEUS}/"
WEB_FILE = f"{WEB_FOLDER}web.yml"

# Where the tree lies in a container. The folder above it is the mount, so that a switch of the `current`
# symlink inside the mount is seen at once: a mounted file would stay pinned to its old inode.
CONTAINER_MOUNT = "/etc/stackctl"
CURRENT = "current"
GENERATIONS = "generations"
CONTAINER_TREE = f"{CONTAINER_MOUNT}/{CURRENT}"

GENERATIONS_KEPT = 5

# -- container labels ---------------------------------------------------------------------------------------

LABEL_UNIT = "stackctl.unit"
LABEL_SPEC = "stackctl.spec"
