"""Where groups that bound memory and processes may be made, on trees of /sys/fs/cgroup as machines have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.sandbox import Limits, Sandbox, bubblewrap, cgroup

SYSTEMD = "cpu io memory pids"
SCOPE = "user.slice/user-1000.slice/session-3.scope"
SERVICE = "user.slice/user-1000.slice/user@1000.service"

# Own group; what each group hands on to those below it; which may be written; where groups are made then.
TREES = {
    "root in a login": (
        SCOPE,
        {"": SYSTEMD, "user.slice": SYSTEMD, "user.slice/user-1000.slice": "memory pids", SCOPE: ""},
        None,
        "user.slice/user-1000.slice",
    ),
    "root in a container": ("", {"": "memory pids"}, None, ""),
    "a user's own service": (
        f"{SERVICE}/app.slice/run-1.scope",
        {"": SYSTEMD, SERVICE: "memory pids", f"{SERVICE}/app.slice": "memory pids", f"{SERVICE}/app.slice/run-1.scope": ""},
        [SERVICE, f"{SERVICE}/app.slice", f"{SERVICE}/app.slice/run-1.scope"],
        f"{SERVICE}/app.slice",
    ),
    "a user in a login": (SCOPE, {"": SYSTEMD, "user.slice/user-1000.slice": "memory pids", SCOPE: ""}, [], None),
    "without the controllers": ("", {"": "cpu io"}, None, None),
}  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Lay out a tree, and make this process see it."""

    def laid(own: str, hands_on: dict[str, str], writable: list[str] | None) -> Path:
        root = tmp_path / "cgroup"
        for name, controllers in hands_on.items():
            (root / name).mkdir(parents=True, exist_ok=True)
            (root / name / "cgroup.subtree_control").write_text(f"{controllers}\n")
            (root / name / "cgroup.procs").write_text("")
        (tmp_path / "own").write_text(f"12:devices:/\n0::/{own}\n")
        monkeypatch.setattr(cgroup, "ROOT", root)
        monkeypatch.setattr(cgroup, "OWN", tmp_path / "own")
        allowed = None if writable is None else {path for name in writable for path in (root / name, root / name / "cgroup.procs")}
        monkeypatch.setattr(cgroup.os, "access", lambda path, _: allowed is None or path in allowed)
        return root

    return laid


@pytest.mark.parametrize(("own", "hands_on", "writable", "place"), TREES.values(), ids=TREES)
def test_groups_are_made_below_the_nearest_that_hands_its_controllers_on(tree, own, hands_on, writable, place) -> None:  # type: ignore[no-untyped-def]
    root = tree(own, hands_on, writable)
    assert cgroup.parent() == (None if place is None else root / place)


@pytest.mark.parametrize("own", ["", "12:memory:/\n", "0::/gone/away\n"])
def test_without_version_2_there_is_none(tree, own: str) -> None:  # type: ignore[no-untyped-def]
    tree("", {}, None)
    cgroup.OWN.write_text(own)
    assert cgroup.parent() is None
    assert cgroup.Group.of(1, 1, 1) is None


def test_a_group_has_its_bounds_before_a_process_is_in_it(tree) -> None:  # type: ignore[no-untyped-def]
    root = tree("", {"": "memory pids"}, None)
    group = cgroup.Group.of(4711, memory=1 << 30, processes=20)
    assert group is not None
    assert group.path.parent == root
    found = {path.name: path.read_text() for path in group.path.iterdir()}
    assert found == {"memory.max": str(1 << 30), "memory.swap.max": "0", "pids.max": "20", "cgroup.procs": "4711"}


def test_a_process_that_may_not_be_moved_leaves_no_group_behind(tree, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    root = tree("", {"": "memory pids"}, None)
    write = Path.write_text

    def refused(path: Path, text: str) -> int:
        if path.name == "cgroup.procs":
            for file in path.parent.iterdir():  # the kernel's files go with their folder
                file.unlink()
            raise PermissionError
        return write(path, text)

    monkeypatch.setattr(Path, "write_text", refused)
    assert cgroup.Group.of(4711, 1 << 30, 20) is None
    assert [path for path in root.iterdir() if path.is_dir()] == []


def test_each_sandbox_has_one(tree) -> None:  # type: ignore[no-untyped-def]
    """All that its zygote starts later is in it."""
    root = tree("", {"": "memory pids"}, None)
    with Sandbox(limits=Limits(memory=256 << 20)) as sandbox:
        (group,) = (path for path in root.iterdir() if path.is_dir())
        assert int((group / "cgroup.procs").read_text()) == sandbox._zygotes[0]._pid_inside()
        assert int((group / "memory.max").read_text()) == (256 << 20) + bubblewrap.TMP_BYTES
