"""Contracts compared with what targets serve, and the text of a contract brought up to date. Pure."""
