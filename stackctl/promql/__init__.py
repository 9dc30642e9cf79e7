"""Knowledge of PromQL: durations, syntax, the names an expression uses."""
