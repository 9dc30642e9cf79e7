"""Diagnosis of failed targets: probes from both sides, and the cause that their answers show."""
