"""Findings in the forms that people and machines read. What is reported is data; how it looks is decided here."""
