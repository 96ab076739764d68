"""The hidden suites: for each assignment, the probes that a submission answers and the judgements that it never sees."""
