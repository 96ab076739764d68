"""Many submissions: a class, each student's fault never another's, and the demo class."""
