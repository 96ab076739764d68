"""nbgrader, and nobody else's business.

`database` opens a course's gradebook and tells its errors; `record` writes rows, autograded notebooks and feedback, whose text
is `feedback` and whose page is `page`; `exchange` and `preprocessors` are our steps in nbgrader's own commands.
"""
