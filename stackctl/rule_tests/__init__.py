"""Tests of alerts in promtool's own form: which alerts they are about, and a first one for an alert that has none."""
