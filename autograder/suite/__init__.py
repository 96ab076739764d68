"""Questions and judgements.

`suite` holds a hidden suite as pytest collects it, and the answers of the reference; `compare` says how two answers differ;
`local` asks our own code in this process; `testing` is what suites are written with, which `autograder.testing` hands on.
"""
