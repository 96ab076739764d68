"""One submission: its questions asked in the sandbox, its points, what is said of them, and results kept from one run to the next."""
