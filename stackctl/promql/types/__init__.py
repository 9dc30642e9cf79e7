"""Types of expressions: all that is known of the result of each part, before anything runs."""
