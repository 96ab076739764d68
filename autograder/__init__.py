"""The grader of Groundwork: it knows notebooks, nbgrader, pytest and sandboxes, and nothing of any one assignment."""
