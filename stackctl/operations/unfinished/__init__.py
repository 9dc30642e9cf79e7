"""How each operation is finished or undone, by itself when it fails, or by the next command when it was interrupted."""
