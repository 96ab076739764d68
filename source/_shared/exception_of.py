def exception_of(action):
    """The name of the exception that `action` raises, or None."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return None
