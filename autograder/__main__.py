"""The command `autograder`, also as `python -m autograder`."""

import signal


def main() -> None:
    """Run the command. Until it is imported, Ctrl-C ends it as it ends other programs: there is nothing yet to stop or to say."""
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from autograder.cli import app

    if heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    app()


if __name__ == "__main__":
    main()
