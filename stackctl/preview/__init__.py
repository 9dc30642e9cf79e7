"""Dashboards drawn without a Grafana: from their rendered JSON and live data, in Grafana's layout of 24 columns."""
