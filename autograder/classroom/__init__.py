"""Many submissions.

`handed_in` looks who handed in what; `batch` grades a class, so that each student's fault costs that student alone, for which
`failure` keeps what nobody foresaw; `converter` is the same by nbgrader's command and formgrader's button; `demo` is a class to
see it with.
"""
