"""What people write, and where it lies.

`model` knows where everything of a course is; `build` makes release, solutions and nbgrader's sources from one text a notebook;
`audit` keeps answers out of what students get. This is the ground floor: it knows nothing of submissions.
"""
