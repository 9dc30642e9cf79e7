"""The rules of a readable dashboard: legends, colours, axes. The builder follows them, the lint compares with them."""
