#!/usr/bin/env python3
"""Set up Groundwork beside this file, then run it: `python3 course.py demo` or `python3 course.py test`.

The standard library alone. What is missing is installed into `.venv` beside this file, in the versions that
`requirements.txt` pins; nothing else on the machine changes. A stamp in `.venv` says what was installed, so that the next
run starts at once; a set-up that was interrupted leaves an unfinished stamp and is done again.
"""

import sys

if sys.version_info < (3, 11):  # everything in this file must parse under Python 3.6, or this is never reached
    import shutil
    import subprocess

    newer = [
        name
        for name in ("python3.14", "python3.13", "python3.12", "python3.11")
        if shutil.which(name) and subprocess.call([name, "-c", ""], stderr=subprocess.DEVNULL) == 0
    ]
    sys.exit(
        "course.py: Groundwork needs Python 3.11 or newer, and this is Python {}.{}.{}. {}".format(
            sys.version_info[0],
            sys.version_info[1],
            sys.version_info[2],
            "You have a newer one: run `{} course.py {}`.".format(newer[0], " ".join(sys.argv[1:]) or "demo")
            if newer
            else "Install a newer one (on Debian and Ubuntu: `sudo apt install python3 python3-venv`) and run course.py with it.",
        )
    )

import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

USAGE = """\
usage: python3 course.py demo              set up what is missing, then build the course and grade the demo class
       python3 course.py test [OPTION…]    set up what is missing, then run the test suite; options go to pytest
       python3 course.py setup             set up what is missing, and stop there

The first set-up downloads about 500 MB (several times that with an NVIDIA card) and takes a few minutes."""

# PyTorch's own index of builds without CUDA; a mirror of it, or `pip` for whatever pip finds, goes into the environment variable
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
TORCH_CPU_INDEX_VARIABLE = "GROUNDWORK_TORCH_INDEX"


class Refused(Exception):
    """Set-up cannot go on; the message is a sentence that says why and what to do."""


@dataclass(frozen=True)
class Size:
    """Megabytes that a set-up takes, and minutes at 100 Mbit/s on two cores: measured, rounded up."""

    download: int
    disk: int
    minutes: int


AT_ONCE = ["-n", "auto", "--dist", "loadfile"]
"""Options of the test suite: as many files at once as there are processors; `-n 0` after them undoes it."""

WITHOUT_CUDA = Size(download=500, disk=2000, minutes=4)
WITH_CUDA = Size(download=3050, disk=7200, minutes=12)


@dataclass(frozen=True)
class Folder:
    """The folder of the project, and what set-up reads and writes in it."""

    root: Path

    @property
    def venv(self) -> Path:
        """Where everything is installed."""
        return self.root / ".venv"

    @property
    def scripts(self) -> Path:
        """Where the environment keeps its programs."""
        return self.venv / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    @property
    def stamp(self) -> Path:
        """What was installed: JSON."""
        return self.venv / "groundwork.json"

    @property
    def log(self) -> Path:
        """Everything that pip said in the last set-up."""
        return self.venv / "groundwork.log"

    @property
    def lock(self) -> Path:
        """The pinned versions."""
        return self.root / "requirements.txt"

    @property
    def project(self) -> Path:
        """The package, and the version of PyTorch."""
        return self.root / "pyproject.toml"


def main(arguments: Sequence[str], root: Path) -> int:
    """Do what the command line says; the exit status."""
    command, options = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if command in ("-h", "--help", "help"):
        print(USAGE)
        return 0
    if command not in ("demo", "test", "setup") or (options and command != "test"):
        print(USAGE, file=sys.stderr)
        return 2
    folder = Folder(root)
    try:
        set_up(folder)
        if command == "setup":
            return 0
        require_linux(command)
        say({"demo": "building the course and grading the demo class", "test": "running the test suite"}[command])
        program = ["-m", "autograder.classroom.demo"] if command == "demo" else ["-m", "pytest", *AT_ONCE, *options]
        return subprocess.run([folder.python, *program], cwd=root, env=environment(folder), check=False).returncode
    except Refused as refusal:
        print(f"course.py: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ncourse.py: stopped; the same command starts again where that is safe.", file=sys.stderr)
        return 130


def say(sentence: str) -> None:
    """One line of what is going on."""
    print(f"course.py: {sentence}", flush=True)


# --- What is there already ---------------------------------------------------------------------------------------------


def inputs(folder: Folder) -> str:
    """Hash of all that decides what set-up installs, but for the interpreter."""
    try:
        return hashlib.sha256(folder.lock.read_bytes() + b"\0" + folder.project.read_bytes()).hexdigest()
    except OSError as error:
        raise Refused(f"{error.filename} cannot be read ({error.strerror}): get a whole copy of the project and try again.") from error


def venv_version(folder: Folder) -> str:
    """Version of the environment's interpreter such as "3.11"; empty when it does not run."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.run([folder.python, "-ISc", ask], capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def read_stamp(folder: Folder) -> dict[str, object]:
    """The stamp; empty when there is none or it is not one."""
    try:
        stamp = json.loads(folder.stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(folder: Folder, finished: bool, made_here: bool) -> None:
    """Say what `.venv` holds, all at once: a reader sees the old stamp or the new one."""
    stamp = {"finished": finished, "made_here": made_here, "root": str(folder.root)}
    if finished:
        stamp |= {"inputs": inputs(folder), "python": venv_version(folder)}
    draft = folder.stamp.with_suffix(".draft")
    draft.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    draft.replace(folder.stamp)


@dataclass(frozen=True)
class Missing:
    """Why set-up is needed, and whether it has to begin with a new `.venv`."""

    why: str
    afresh: bool


def missing(folder: Folder) -> Missing | None:
    """What set-up has to do; None when `.venv` is as it should be. `Refused` when `.venv` is someone else's and of no use."""
    if not folder.venv.exists() or (folder.venv.is_dir() and not any(folder.venv.iterdir())):
        return Missing("nothing is set up yet", afresh=True)
    stamp, version = read_stamp(folder), venv_version(folder)
    made_here = stamp.get("made_here") is True
    usable = version and tuple(int(part) for part in version.split(".")) >= (3, 11)
    if not made_here:
        if not usable or not has_pip(folder):
            raise Refused(
                f"{folder.venv} was not made by course.py and is not an environment of Python 3.11 or newer with pip: "
                "move it out of the way and run this again."
            )
        if not stamp:
            return Missing("the environment in .venv was made by hand", afresh=False)
    if stamp.get("finished") is not True:
        return Missing("the last set-up did not finish", afresh=made_here)
    if not usable or stamp.get("python") != version:
        return Missing("the Python that .venv was made with has changed", afresh=made_here)
    if stamp.get("root") != str(folder.root):
        return Missing("the folder was moved or copied", afresh=made_here)
    if stamp.get("inputs") != inputs(folder):
        return Missing("requirements.txt or pyproject.toml has changed", afresh=False)
    return None


def has_pip(folder: Folder) -> bool:
    """Whether the environment can install anything."""
    return subprocess.run([folder.python, "-Im", "pip", "--version"], capture_output=True, check=False).returncode == 0


# --- Setting up --------------------------------------------------------------------------------------------------------


def set_up(folder: Folder) -> None:
    """Bring `.venv` to what `requirements.txt` pins, if it is not there already."""
    work = missing(folder)
    if work is None or not work.afresh:
        require_the_name(folder)
    if work is None:
        return
    begun = time.monotonic()
    say(f"setting up in {folder.venv} ({work.why})")
    require_venv_module()
    made_here = work.afresh or read_stamp(folder).get("made_here") is True
    try:
        if work.afresh:
            require_space(folder, WITHOUT_CUDA)
            make_venv(folder)
        write_stamp(folder, finished=False, made_here=made_here)
        folder.log.write_text("", encoding="utf-8")
        install(folder, work.afresh)
        write_stamp(folder, finished=True, made_here=made_here)
    except OSError as error:
        raise Refused(sentence_of(error, folder)) from error
    say(f"set up in {time.monotonic() - begun:.0f} s; the next run starts at once")


def make_venv(folder: Folder) -> None:
    """An empty environment with pip; what a set-up of ours left there goes first."""
    if folder.venv.exists():
        shutil.rmtree(folder.venv)
    folder.venv.mkdir()
    write_stamp(folder, finished=False, made_here=True)
    # course.py may itself run on the interpreter in .venv, which has just gone: the one that it was made from is still there
    base = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run([base, "-m", "venv", folder.venv], capture_output=True, text=True, env=environment(folder), check=False)
    if made.returncode:
        raise Refused(diagnosis(made.stdout + made.stderr, folder))


def install(folder: Folder, afresh: bool) -> None:
    """Everything that is pinned, by hash; then PyTorch, and the project itself as an editable package."""
    torch, size = choose_torch(folder)
    if afresh:
        require_space(folder, size)
        say(f"takes about {size.minutes} minutes; downloads up to {size.download} MB; fills about {size.disk} MB")
    else:
        say("takes seconds, and up to a few minutes where much of it is new")
    say("installing the pinned packages")
    # what is built on the way would be built with packages that have no hash here
    pip(folder, "install", "--require-hashes", "--only-binary", ":all:", "--requirement", str(folder.lock))
    if torch:
        say("installing PyTorch")
        pip(folder, "install", *torch)
    say("installing the grader itself")
    pip(folder, "install", "--no-deps", "--no-build-isolation", "--editable", str(folder.root))


def choose_torch(folder: Folder) -> tuple[list[str], Size]:
    """pip's arguments for PyTorch, none when it is there, and the size of the set-up; without CUDA where that would come for nothing.

    Its builds differ from index to index: hence it has a version, in pyproject.toml, and no hash, and a call of its own, for pip checks
    all hashes of a call or none.
    """
    project = tomllib.loads(folder.project.read_text(encoding="utf-8"))["project"]
    pin = next(need for need in project["dependencies"] if need.startswith("torch=="))
    if version_of(folder, "torch") == pin.partition("==")[2]:
        return [], WITHOUT_CUDA
    if not brings_cuda(folder, pin):
        say(f"{pin}: the build that pip finds needs no CUDA")
        return [pin], WITHOUT_CUDA
    large = f"{pin}: the build that pip finds brings CUDA, {WITH_CUDA.download} MB to download and {WITH_CUDA.disk} MB on the disk"
    if has_nvidia_card():
        say(f"{large}, and there is an NVIDIA card for it")
        return [pin], WITH_CUDA
    index = os.environ.get(TORCH_CPU_INDEX_VARIABLE) or TORCH_CPU_INDEX
    if index == "pip":
        say(f"{large}; {TORCH_CPU_INDEX_VARIABLE}=pip asks for it")
        return [pin], WITH_CUDA
    say(f"{large}, and there is no NVIDIA card here: taking the build without CUDA (200 MB) from {index}")
    return ["--no-deps", "--index-url", index, pin], WITHOUT_CUDA


def brings_cuda(folder: Folder, pin: str) -> bool:
    """Whether the wheel that pip would take requires CUDA packages, as those for Linux on the public index do."""
    if sys.platform != "linux":
        return False
    report = folder.venv / "groundwork-torch.json"
    pip(folder, "install", "--dry-run", "--ignore-installed", "--no-deps", "--retries", "1", "--report", str(report), pin)
    chosen = json.loads(report.read_text(encoding="utf-8"))["install"][0]["metadata"]
    return any(re.match(r"(nvidia|cuda)-", need) for need in chosen.get("requires_dist", []))


def version_of(folder: Folder, name: str) -> str:
    """The version of a package in `.venv`, without that of a local build ("2.13.0" for "2.13.0+cpu"); empty when there is none."""
    return said_in(folder, f"from importlib.metadata import version; print(version({name!r}).partition('+')[0])")


def said_in(folder: Folder, code: str) -> str:
    """What a piece of Python prints in `.venv`; empty when it fails."""
    return subprocess.run([folder.python, "-Ic", code], capture_output=True, text=True, check=False).stdout.strip()


def has_nvidia_card() -> bool:
    """Whether an NVIDIA driver is loaded, or its tool is there (as in WSL, which has no /proc/driver/nvidia)."""
    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None


def environment(folder: Folder) -> dict[str, str]:
    """The environment variables of everything that runs in `.venv`: as `activate` sets them, without what leads out of it."""
    leads_out = {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_HASHES", "PIP_NO_DEPS"}
    kept = {name: value for name, value in os.environ.items() if name not in leads_out}
    return kept | {
        "PATH": os.pathsep.join([str(folder.scripts), os.environ.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": str(folder.venv),
        "PYTHONNOUSERSITE": "1",
        "PIP_USER": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def pip(folder: Folder, *arguments: str) -> None:
    """Run pip in `.venv`; what it says goes to the log, and on a terminal its present step to one line. `Refused` says why it failed."""
    command = [str(folder.python), "-m", "pip", *arguments, "--progress-bar", "off"]
    said = []
    with folder.log.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=environment(folder),
            cwd=folder.root,
        )
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                said.append(line)
                log.write(line)
                show_step(line)
    show_step("")
    if process.returncode:
        raise Refused(diagnosis("".join(said), folder))


def show_step(line: str) -> None:
    """The present step on one line that the next one overwrites; an empty line clears it. Nothing where no one watches."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print("\r" + line.strip()[:width].ljust(width), end="" if line else "\r", flush=True)


# --- What can be in the way --------------------------------------------------------------------------------------------


def require_the_name(folder: Folder) -> None:
    """PyPI has a distribution named `autograder` that is another project's, with the same import and the same command."""
    ask = (
        "from importlib.metadata import distributions\n"
        "for found in distributions(name='autograder'):\n"
        "    if 'autograder/__init__.py' in (found.read_text('RECORD') or ''): print(found.version)"
    )
    version = said_in(folder, ask)
    if version:
        raise Refused(
            f"{folder.venv} holds autograder {version}, another project's package with the same import and the same command: move "
            f"{folder.venv} out of the way and run this again. Among packages, this project is called groundwork-course."
        )


def require_venv_module() -> None:
    """Debian and Ubuntu ship Python without what makes an environment."""
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        version = "{}.{}".format(*sys.version_info[:2])
        raise Refused(
            f"this Python {version} comes without the venv module. On Debian and Ubuntu `sudo apt install python{version}-venv` adds it; "
            "elsewhere install a whole Python. Then run this again."
        )


def require_space(folder: Folder, size: Size) -> None:
    """Room for the environment, and in the temporary folder for the largest wheel that pip unpacks from there."""
    for place, needed, remedy in (
        (folder.root, size.disk, "free some, or move the project to a larger disk"),
        (Path(tempfile.gettempdir()), size.download // 2, "free some, or set TMPDIR to a folder on a larger disk"),
    ):
        free = shutil.disk_usage(place).free // 10**6
        if free < needed:
            raise Refused(f"set-up needs {needed} MB in {place}, and {free} MB are free there: {remedy}, and run this again.")


def require_linux(command: str) -> None:
    """Linux namespaces are what the sandbox is made of."""
    if sys.platform != "linux":
        system = {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
        raise Refused(
            f"`{command}` runs submissions in a sandbox that needs Linux, and this is {system}. Use a Linux machine, a virtual machine "
            "or WSL 2. What is set up here can check your own notebook, which then runs without isolation: "
            f"`{Path('.venv') / ('Scripts' if os.name == 'nt' else 'bin') / 'autograder'} check NOTEBOOK --isolation none`."
        )


def sentence_of(error: OSError, folder: Folder) -> str:
    """What an error of the file system means for whoever runs set-up."""
    return diagnosis(f"{error.strerror}: {error.filename or folder.venv}", folder)


# What pip, venv or the system says -> what it means; the first that fits
CAUSES = {
    r"DO NOT MATCH THE HASHES": """a downloaded package is not the one that requirements.txt pins by hash, so it was not installed. \
If you use a mirror, check it or try without it; if requirements.txt was changed by hand, compile it again.""",
    r"(?i)no space left|not enough space|disk quota exceeded": """the disk is full: set-up fills about {disk} MB in {venv} and needs room \
in {temporary}. Free some, or set TMPDIR to a folder on a larger disk, and run this again.""",
    r"CERTIFICATE_VERIFY_FAILED|SSLError": """the certificate of the package index is not trusted here. Behind a company proxy, set \
PIP_CERT to its certificate file; else check the clock. Then run this again.""",
    r"(?i)connection ?(?:broken|refused|error)|failed to establish|name resolution|name or service not known|getaddrinfo failed|"
    r"max retries exceeded|connect ?timeout|read ?timed? ?out|network is unreachable|proxyerror": """the package index cannot be reached. \
Connect to the network (or set HTTPS_PROXY, or PIP_INDEX_URL for a mirror) and run this again; what was downloaded before is kept.""",
    r"(?i)permission denied|read-only file system|operation not permitted": """{venv} cannot be written. Copy the project to a folder \
that is yours, or get write access to it, and run this again.""",
    r"No matching distribution found for (\S+)": """pip finds no {what} for {system}. Use a 64-bit Python 3.11 to 3.14 on Linux, Windows \
or macOS on ARM; if that is what you have, check that pip's index (`pip config list`) is complete.""",
}


def diagnosis(said: str, folder: Folder) -> str:
    """The cause in what a failed pip, venv or system call said, as a sentence that says what to do."""
    for pattern, sentence in CAUSES.items():
        found = re.search(pattern, said)
        if found:
            return sentence.format(
                disk=WITHOUT_CUDA.disk,
                venv=folder.venv,
                temporary=tempfile.gettempdir(),
                system=f"Python {platform.python_version()} on {platform.system()} {platform.machine()}",
                what=found[1] if found.re.groups == 1 else "",
            )
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no reason was given")
    return f"set-up failed: {last} (all that was said is in {folder.log})."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
