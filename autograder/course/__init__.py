"""What people write: where everything of a course lies, how release, solutions and nbgrader's sources are made from the text, and
the audit that keeps answers out of what students get."""
