"""Recovery of each operation, when it fails or, in the next command, after it was interrupted."""
