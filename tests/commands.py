"""Commands as people type them: in a folder, with no configuration but what lies there, and nothing written into anybody's home."""

import contextlib
import multiprocessing
import os
import secrets
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.course.model import ROOT


def environment(home: Path, project: Path = ROOT) -> dict[str, str]:
    """For somebody with this home, where the grader of this project is installed."""
    folders = {f"JUPYTER_{kind}_DIR": str(home / ".jupyter" / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    return {**os.environ, **folders, "PYTHONPATH": str(project)}


def run(module: str, folder: Path, *arguments: str, project: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What a command does in a folder."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment(folder, project),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


SERVER = """
import sys
from jupyter_server.serverapp import ServerApp
server = ServerApp.instance()
server.initialize(sys.argv[1:])
server.io_loop.add_callback(print, server.connection_url, flush=True)  # comes after the callback that begins to listen
server.start()
"""


@contextlib.contextmanager
def jupyter_server(folder: Path, home: Path, *options: str) -> Iterator[tuple[str, str]]:
    """A Jupyter server on a folder, with the extensions that are installed, for somebody with this home; its address and its token."""
    token = secrets.token_urlsafe()
    options = ("--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", *options)
    command = [sys.executable, "-c", SERVER, *options]
    its_own = {**environment(home), "HOME": str(home), "JUPYTER_TOKEN": token}
    with subprocess.Popen(command, cwd=folder, env=its_own, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert select.select([server.stdout], [], [], 300)[0], "the server does not start"
            yield server.stdout.readline().strip(), token
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(60)
            server.kill()


forking = multiprocessing.get_context("forkserver")
forking.set_forkserver_preload(["pytest", "nbgrader.apps.nbgraderapp", "autograder.gradebook.preprocessors"])


class Nbgrader:
    """A command of nbgrader at work, in a process of its own. It is forked from one that has imported nbgrader, which takes seconds."""

    def __init__(self, folder: Path, command: str, **variables: str) -> None:
        handle, output = tempfile.mkstemp()
        os.close(handle)
        self._output = Path(output)
        arguments = (folder, command.split(), {**environment(folder), **variables}, self._output)
        self._process = forking.Process(target=_nbgrader, args=arguments)
        self._process.start()

    def end(self) -> tuple[int | None, str]:
        """Exit status, and what the command said."""
        self._process.join(300)
        self._process.kill()
        said = self._output.read_text()
        self._output.unlink()
        return self._process.exitcode, said


def _nbgrader(folder: Path, arguments: list[str], variables: dict[str, str], output: Path) -> None:
    from nbgrader.apps.nbgraderapp import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = ["nbgrader", *arguments]
    main()
