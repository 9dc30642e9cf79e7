"""A stack in a cluster, and what a backup is labelled with, for the commands that write and read backups."""

from __future__ import annotations

from stackctl.backup import Label

CLUSTER = """
version: 1
name: shop
runtime: kubernetes
kubernetes: {context: prod, namespace: shop}
services: {api: {targets: ["api:8000"]}}
"""
LABEL = Label("shop", "docker", "2026-01-02T03:04:05+00:00", ("prometheus", "grafana"))
