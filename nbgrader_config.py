"""The course as nbgrader sees it: where its parts lie, and that submissions are graded by the hidden suites, in the sandbox.

A course in use may have a folder of its own, with a configuration that begins with this one and then names itself:

    from pathlib import Path

    c = get_config()
    load_subconfig("/path/to/groundwork/nbgrader_config.py")
    c.CourseDirectory.root = str(Path(__file__).resolve().parent)

The path is that of a clone, or of the course that came with the installed package: `autograder.course.model.ROOT / "nbgrader_config.py"`.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader's configuration files are run with it

# Upwards from here, because the file may be run in the name of one that lies deeper in the repository.
ROOT = next(folder for folder in Path(__file__).resolve().parents if (folder / "source").is_dir() and (folder / "autograder").is_dir())

if (ROOT / "autograder" / "__init__.py").is_file() and str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a clone works without being installed
tools = str(Path(sys.executable).parent)
if tools not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([tools, os.environ.get("PATH", "")])  # nbgrader starts `alembic` by its name

c.CourseDirectory.course_id = "groundwork"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = str(ROOT / "build" / "source")
c.CourseDirectory.release_directory = str(ROOT / "release")

# nbgrader's own steps from a source to its release, and last the audit that `autograder build` makes: a leak stops both.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.gradebook.preprocessors.Audit",
]

# Submissions are graded by the project's converter (see the end). Should it not be in its place, nbgrader's own goes no further than this.
c.Audit.course = str(ROOT)
c.Autograde.sanitize_preprocessors = c.Autograde.autograde_preprocessors = ["autograder.gradebook.preprocessors.OursAlone"]

# Links that a student left in the exchange are not followed, and a submission that came by another way keeps nobody else's
# feedback back.
c.ExchangeFactory.collect = "autograder.gradebook.exchange.Collect"
c.ExchangeFactory.release_feedback = "autograder.gradebook.exchange.ReleaseFeedback"

# Last, and never an error here: nbgrader goes on after an error with what was set before it.
try:
    from autograder.classroom import converter

    converter.install()

    from autograder.course.build import ensure_built
    from autograder.course.model import Course, build_folder

    c.CourseDirectory.source_directory = str(build_folder(ROOT) / "source")
    ensure_built(Course(ROOT))
except Exception as problem:
    print(f"groundwork: {problem}", file=sys.stderr)
