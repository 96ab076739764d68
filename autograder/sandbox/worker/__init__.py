"""What runs inside the sandbox: the standard library alone, mounted read-only at /worker, also importable by the host."""
