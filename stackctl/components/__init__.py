"""One file for each component: `components/NAME.py` holds all that stackctl knows of NAME."""
