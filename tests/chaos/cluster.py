"""A PostgreSQL of the test's own: its files in a folder that goes away, at a port of its own, to be killed at will."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.site import kill
from tests.conftest import need
from tests.house.processes import free_port, wait_until

OWNER = "postgres"
"""Whose processes they are where the test runs as root, which PostgreSQL refuses to."""


@dataclass(frozen=True)
class Cluster:
    """A server with one superuser who comes in without a password, on 127.0.0.1 alone."""

    programs: Path
    files: Path
    port: int

    @property
    def url(self) -> str:
        """Of its only database."""
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and come back when it takes connections. After a kill its children must have noticed first."""
        assert wait_until(self._started, 60), (self.files / "log").read_text()[-3000:]

    def kill(self) -> None:
        """kill -9 of its first process; the others find out and end by themselves."""
        kill(self._number())

    def stop(self) -> None:
        """Stop it, whatever is connected."""
        self._do("pg_ctl", "stop", "--pgdata", str(self.files / "data"), "--mode", "immediate", "--no-wait")
        for number in self._left():
            kill(number)
        wait_until(lambda: not self._left(), 20)

    def _started(self) -> bool:
        done = self._do(
            *("pg_ctl", "start", "--wait", "--timeout", "30", "--silent"),
            *("--pgdata", str(self.files / "data"), "--log", str(self.files / "log")),
            *("--options", f"-p {self.port} -k {self.files} -c listen_addresses=127.0.0.1 -c max_connections=60"),
        )
        return done == 0

    def _number(self) -> int:
        return int((self.files / "data" / "postmaster.pid").read_text().splitlines()[0])

    def _left(self) -> list[int]:
        """The first process, if it lives: its command line names our folder, which nobody else's does."""
        try:
            number = self._number()
            line = Path(f"/proc/{number}/cmdline").read_bytes().decode()
        except (OSError, ValueError):
            return []
        return [number] if str(self.files) in line else []

    def _do(self, program: str, *arguments: str) -> int:
        command = [str(self.programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", OWNER, "--", *command]
        with (self.files / "commands").open("ab") as output:
            return subprocess.run(
                command, cwd=self.files, stdout=output, stderr=output, stdin=subprocess.DEVNULL, timeout=90, check=False
            ).returncode


def programs() -> Path | None:
    """Where the newest installed PostgreSQL keeps its programs; None where there is none."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0, default=None)


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """A new one, started; stopped and removed in the end. The test is named as not tried where there is no initdb."""
    place = programs()
    need("PostgreSQL", "PATH", None if place else "/usr/lib/postgresql/*/bin/initdb (apt-get install postgresql)")
    assert place is not None
    files = Path(tempfile.mkdtemp(prefix="mubiao-cluster-"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam(OWNER)
            os.chown(files, owner.pw_uid, owner.pw_gid)
        made = Cluster(place, files, free_port())
        assert made._do("initdb", "--pgdata", str(files / "data"), "--username", OWNER, "--auth", "trust") == 0, (
            files / "commands"
        ).read_text()[-3000:]
        made.start()
        try:
            yield made
        finally:
            made.stop()
            time.sleep(0.2)
    finally:
        shutil.rmtree(files, ignore_errors=True)
