"""nbgrader: rows of its gradebook, autograded notebooks, feedback pages, and our steps in its own commands."""
