"""The gradebook of a course: where it is, how it comes to be, and what goes wrong with it, in sentences.

nbgrader makes a gradebook in steps, with a program between them; whoever is ended on the way leaves one that opens silently
ever after and lacks its stamp. Here it is made in one transaction: it is there, whole, or it is not.
"""

from __future__ import annotations

import contextlib
import errno
import re
import sqlite3
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from nbgrader import api, dbutil
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import URL, Connection, insert, literal, select
from sqlalchemy.exc import IntegrityError, NoSuchModuleError, OperationalError, SQLAlchemyError

WAIT = 30
"""Seconds to wait for another program that is writing to a gradebook on sqlite."""

TURN = 1
"""Seconds that sqlite waits by itself, and Ctrl-C with it: for who only reads, and is in nobody's way for longer."""

AGAIN = "then give the same command again: it goes on from there"

_OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}


class RecordError(Exception):
    """Something keeps a result out of the gradebook; the message says what, and what to do."""


class GradebookUnavailable(RecordError):
    """At present nothing can be recorded, of nobody: trying the next student would only take time."""


def location(coursedir: CourseDirectory) -> URL:
    """The URL of a course's gradebook; a path in it that is relative means the course's folder. Raises `RecordError` for no URL."""
    try:
        url = sqlalchemy.make_url(coursedir.db_url)
        float(str(url.query.get("timeout", TURN)))
    except (SQLAlchemyError, ValueError):
        raise RecordError(  # without what it is: it may hold a password
            "CourseDirectory.db_url in nbgrader_config.py is not the URL of a database: one looks like sqlite:////folder/gradebook.db"
        ) from None
    path = _file(url)
    if path is None:
        return url
    absolute = url.set(database=str(Path(coursedir.root).resolve() / path))
    return absolute if "timeout" in url.query else absolute.update_query_dict({"timeout": str(TURN)})


def shown(gradebook: URL) -> str:
    """The name of a gradebook for people: a path, or a URL without its secrets."""
    path = _file(gradebook)
    return str(path) if path else gradebook.set(query={}).render_as_string(hide_password=True)


def open_gradebook(coursedir: CourseDirectory) -> api.Gradebook:
    """The gradebook of a course, made when there is none. Raises `RecordError` when that cannot be done."""
    url = location(coursedir)
    with told(url):
        try:
            engine = sqlalchemy.create_engine(url)
        except (ImportError, NoSuchModuleError) as error:
            driver = getattr(error, "name", None) or url.drivername
            raise GradebookUnavailable(f"the gradebook {shown(url)} needs {driver}, which is not installed beside the grader") from error
        try:
            with engine.connect() as connection:
                _complete(connection, url, coursedir.course_id)
        finally:
            engine.dispose()
        return api.Gradebook(url.render_as_string(hide_password=False), coursedir.course_id)


def begin(connection: Connection) -> None:
    """Begin to write: from here on, nobody else writes, and what is read stays true until the transaction ends."""
    if connection.dialect.name != "sqlite":
        return
    end = time.monotonic() + WAIT
    before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")  # the waiting is done here, where Ctrl-C ends it
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
            time.sleep(0.05)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {before}")


@contextlib.contextmanager
def told(gradebook: URL) -> Iterator[None]:
    """What the database or a file has against it leaves as a `RecordError`: a sentence, without statements, links and passwords."""
    try:
        yield
    except IntegrityError as error:
        raise RecordError(f"another program recorded the same at the same moment in the gradebook {shown(gradebook)}; {AGAIN}") from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise GradebookUnavailable(f"{_database_sentence(gradebook, error)}; {AGAIN}") from error
    except OSError as error:
        kind = GradebookUnavailable if error.errno in _OF_THE_MACHINE else RecordError
        where = f"{error.filename}: " if error.filename else ""
        raise kind(f"{where}{error.strerror or error}: put that right, {AGAIN}") from error


def without_secrets(text: str, gradebook: URL | None = None) -> str:
    """A text of a library in which no password is left: of any URL, and of the gradebook's in whatever form."""
    secrets = (
        [gradebook.password, *(gradebook.query[key] for key in gradebook.query if "pass" in key or "odbc" in key)] if gradebook else []
    )
    for secret in [str(secret) for secret in secrets if secret]:
        for spelling in (secret, urllib.parse.quote(secret), urllib.parse.quote_plus(secret)):
            text = text.replace(spelling, "***")
    return re.sub(r"(://[^\s:/@]*):[^\s@]*@", r"\1:***@", text)


def _file(url: URL) -> Path | None:
    """The file of a gradebook on sqlite; None when it is elsewhere, or named in sqlite's own way."""
    ours = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:" and not url.database.startswith("file:")
    return Path(str(url.database)) if ours else None


def _complete(connection: Connection, url: URL, course: str) -> None:
    """See that the tables, their stamp and the course are there; what is not is made, all at once."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise GradebookUnavailable(f"{_damaged(url)}; {AGAIN}")
    if _stamp(connection) and not _lacking(connection) and _has_course(connection, course):
        return
    connection.rollback()
    begin(connection)
    script, stamp = ScriptDirectory(dbutil.ALEMBIC_DIR), _stamp(connection)
    is_current = stamp == script.get_current_head()
    if is_current or not (stamp or _has_rows(connection)):
        api.Base.metadata.create_all(connection)
    if _lacking(connection):
        raise GradebookUnavailable(f"{_damaged(url) if is_current else _older(url)}; {AGAIN}")
    if not stamp:
        MigrationContext.configure(connection).stamp(script, "head")
    if not _has_course(connection, course):
        connection.execute(insert(api.Course.__table__), {"id": course})
    connection.commit()


def _stamp(connection: Connection) -> str | None:
    """The version of nbgrader's tables that the gradebook says it has."""
    return MigrationContext.configure(connection).get_current_revision()


def _has_rows(connection: Connection) -> bool:
    there = set(sqlalchemy.inspect(connection).get_table_names())
    tables = [table for table in api.Base.metadata.sorted_tables if table.name in there]
    return any(connection.scalar(select(literal(1)).select_from(table).limit(1)) for table in tables)


def _lacking(connection: Connection) -> bool:
    """Whether a table or a column is not there."""
    found = sqlalchemy.inspect(connection)
    there = {table: {column["name"] for column in found.get_columns(table)} for table in found.get_table_names()}
    return any(not {column.name for column in table.columns} <= there.get(table.name, set()) for table in api.Base.metadata.sorted_tables)


def _has_course(connection: Connection, course: str) -> bool:
    return connection.scalar(select(api.Course.id).where(api.Course.id == course)) is not None


def _code(error: Exception) -> int:
    """What sqlite calls an error; 0 when it is not one of sqlite's."""
    return getattr(getattr(error, "orig", None) or error, "sqlite_errorcode", 0) & 0xFF


def _database_sentence(gradebook: URL, error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    name, text = shown(gradebook), without_secrets(said, gradebook)
    match _code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"another program keeps the gradebook {name} to itself: end it, or wait for it"
        case sqlite3.SQLITE_FULL:
            return f"there is no space left for the gradebook {name}: free some"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _damaged(gradebook)
        case sqlite3.SQLITE_ERROR if "no such" in text:
            return _older(gradebook)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return f"the gradebook {name} cannot be written ({text}): see that it is a file, and that you may write it and its folder"
        case _:
            return f"the gradebook {name} cannot be used ({text}): put that right"


def _damaged(gradebook: URL) -> str:
    name = shown(gradebook)
    return f"the gradebook {name} is damaged: move it away and put a copy from before in its place, without which a new one is begun"


def _older(gradebook: URL) -> str:
    return f"the gradebook {shown(gradebook)} is of an older nbgrader: bring it up to date with `nbgrader db upgrade`, which keeps a copy"
