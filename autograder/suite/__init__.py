"""Questions and judgements: a hidden suite as pytest collects it, the reference's answers, and how answers are compared."""
