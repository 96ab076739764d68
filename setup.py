"""What pyproject.toml cannot say: a wheel brings the course along, in `autograder/groundwork` and in the layout of a clone."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

COURSE = (
    *("autograder/hidden", "course.toml", "nbgrader_config.py", "pyproject.toml"),
    *("release", "requirements.txt", "solutions/reference", "source"),
)


class BuildWithCourse(build_py):
    def run(self):
        super().run()
        if self.editable_mode:
            return
        course = Path(self.build_lib, "autograder", "groundwork")
        shutil.rmtree(course, ignore_errors=True)
        for name in COURSE:
            target = course / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if Path(name).is_dir():
                shutil.copytree(name, target, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
            else:
                shutil.copyfile(name, target)


setup(cmdclass={"build_py": BuildWithCourse})
