"""Commands on a stack that runs in a cluster: all that is known of it is in the cluster."""
