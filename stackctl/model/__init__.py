"""The stack: a manifest after validation, with nothing left to guess. Frozen, and without any I/O.

Durations stay in Prometheus' own notation ("15s"), because that is what is rendered; `stackctl.promql.duration`
converts them to seconds. Blocks that belong to Prometheus, Alertmanager or Compose are kept as plain mappings;
values in them that must not be shown are `Secret`s.
"""

from __future__ import annotations

from stackctl.model.alerting import AlertingFile, ContactPoint, GrafanaQuery, GrafanaRule, Policy, policy_of
from stackctl.model.block import Block
from stackctl.model.contract import Contract, Label, Metric
from stackctl.model.dashboards import (
    Board,
    Dashboard,
    DashboardVariable,
    EmptyPanel,
    Link,
    NamesQuery,
    OtherQuery,
    Panel,
    PanelQuery,
    Query,
    Row,
    SavedFilter,
    Threshold,
    ValueText,
    Variable,
)
from stackctl.model.routing import Match, Period, Receiver, Routing, RoutingRule
from stackctl.model.rules import Rule, RuleFile, Waiver
from stackctl.model.servers import (
    Alertmanager,
    Datasource,
    Datasources,
    ExistingData,
    Exporter,
    External,
    Grafana,
    Kubernetes,
    Listen,
    Login,
    Probe,
    Prometheus,
    QueryLimits,
    Resources,
    Retention,
    Scrape,
    Server,
    ServerTls,
    Thanos,
)
from stackctl.model.services import Container, Health, NativeRun, Push, Run, Service, Target
from stackctl.model.stack import Stack

__all__ = [
    "AlertingFile",
    "Alertmanager",
    "Block",
    "Board",
    "ContactPoint",
    "Container",
    "Contract",
    "Dashboard",
    "DashboardVariable",
    "Datasource",
    "Datasources",
    "EmptyPanel",
    "ExistingData",
    "Exporter",
    "External",
    "Grafana",
    "GrafanaQuery",
    "GrafanaRule",
    "Health",
    "Kubernetes",
    "Label",
    "Link",
    "Listen",
    "Login",
    "Match",
    "Metric",
    "NamesQuery",
    "NativeRun",
    "OtherQuery",
    "Panel",
    "PanelQuery",
    "Period",
    "Policy",
    "Probe",
    "Prometheus",
    "Push",
    "Query",
    "QueryLimits",
    "Receiver",
    "Resources",
    "Retention",
    "Routing",
    "RoutingRule",
    "Row",
    "Rule",
    "RuleFile",
    "Run",
    "SavedFilter",
    "Scrape",
    "Server",
    "ServerTls",
    "Service",
    "Stack",
    "Target",
    "Thanos",
    "Threshold",
    "ValueText",
    "Variable",
    "Waiver",
    "policy_of",
]
