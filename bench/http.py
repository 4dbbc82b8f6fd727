"""bench/http: requests to the served program against pgbench doing the same to the same database; both with CLIENTS
at a time, in turns. Printed are ratios of rates (1 = as fast as pgbench). The client's own work is counted against us.
"""

import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import psycopg

from accounts.models import Person
from accounts.passwords import hashed
from bench import ground
from config.database import db
from config.settings import ROOT
from tests import factories
from workflow.states import State

CLIENTS = 4
WORKERS = 2
EACH = 60
"""Requests of each client in a round."""
PASSWORD = "correct horse battery"  # noqa: S105 - of people made here
READS = """
SELECT * FROM accounts_person WHERE id = {officer};
SELECT * FROM accounts_appointment WHERE person_id = {officer};
SELECT * FROM workflow_table WHERE id = {table};
SELECT * FROM forms_sheet WHERE id = {sheet};
SELECT * FROM forms_task WHERE sheet_id = {sheet} ORDER BY position;
SELECT * FROM forms_indicator WHERE sheet_id = {sheet} ORDER BY position;
SELECT * FROM workflow_revision WHERE table_id = {table} ORDER BY number;
SELECT * FROM workflow_remark WHERE table_id = {table} ORDER BY number;
SELECT * FROM ledger_entry WHERE chain = 'table:{table}' ORDER BY position;
SELECT count(*) FROM notifications_notice WHERE recipient_id = {officer};
"""
DECISION = f"""
\\set t :client_id
BEGIN;
SELECT state, version, department_id FROM bench_table WHERE id = :t FOR UPDATE;
UPDATE bench_table SET version = version + 1, state_since = now(), approved_at = now() WHERE id = :t;
INSERT INTO bench_entry (chain, act, body, hash) VALUES ('table:' || :t, 'approve', '{"{}" * 60}', '{"0" * 64}');
COMMIT;
"""  # noqa: S608 - no value in it


PUT_BACK = (
    "UPDATE ledger_chain_head SET position = %(position)s, hash = %(hash)s, entry_id = %(entry)s"
    " WHERE chain = %(chain)s",
    "DELETE FROM ledger_entry WHERE chain = %(chain)s AND position > %(position)s",
    "UPDATE workflow_table SET state = 'finance_review' WHERE id = %(table)s RETURNING version",
)
"""Hundreds of approvals are the history of no table: every page would carry them."""


def free_port() -> int:
    """A port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(url: str, folder: Path, port: int) -> Iterator[None]:
    """gunicorn with the program, until the block is left."""
    settings = {
        "MUBIAO_ENVIRONMENT": "development", "MUBIAO_SECRET_KEY": "bench" * 8, "MUBIAO_DATA": str(folder),
        "MUBIAO_DATABASE_URL": url, "MUBIAO_LOG_FORMAT": "json",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--workers", str(WORKERS), "--threads", "4", "--keep-alive", "30", "bench.served:app",
    ]  # fmt: skip
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log)
        try:
            for _try in range(200):
                try:
                    http.client.HTTPConnection("127.0.0.1", port, timeout=2).request("GET", "/empty")
                    break
                except OSError:
                    time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(20)


class Client:
    """A browser of one officer with a table of their own."""

    def __init__(self, port: int, login: str, table_id: int, revision: int, database: str) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies: dict[str, str] = {}
        self.table_id, self.revision = table_id, revision
        self.aside = psycopg.connect(database, autocommit=True)
        token = self._token("/sign-in")
        status, _body, _headers = self.post("/sign-in", {"csrf_token": token, "login": login, "password": PASSWORD})
        assert status == 302, status
        self.token = self._token("/")
        self.mark = ""
        chain = f"table:{table_id}"
        where = "SELECT position, hash, entry_id FROM ledger_chain_head WHERE chain = %s"
        head = self.aside.execute(where, (chain,)).fetchone()
        assert head
        self.begun = {"table": table_id, "chain": chain, "position": head[0], "hash": head[1], "entry": head[2]}

    def put_back(self) -> int:
        """The table before the bureau again, with the history it had; its version."""
        *rest, last = PUT_BACK
        for statement in rest:
            self.aside.execute(statement, self.begun)
        found = self.aside.execute(last, self.begun).fetchone()
        assert found
        return int(found[0])

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(path)[1])
        assert found, path
        return found[1]

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: dict[str, object]) -> tuple[int, str, dict[str, str]]:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(form), kind)

    def _ask(self, method: str, path: str, body: str | None, given: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.http.request(method, path, body, {"Cookie": cookies} | given)
        answer = self.http.getresponse()
        text = answer.read().decode(errors="replace")
        for name, value in answer.getheaders():
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, text, dict(answer.getheaders())

    def decide(self) -> float:
        """One approval; the seconds it took. The table is put back first, in nobody's time."""
        form = {"csrf_token": self.token, "key": uuid4().hex, "version": self.put_back(), "revision": self.revision}
        form |= {"grade": "良", "opinion": "同意批复"}
        review = factories.full_review()
        form |= {f"point-{point}": grade for point, grade in review["points"].items()}
        form |= {f"opinion-{criterion}": text for criterion, text in review["opinions"].items()}
        begun = time.perf_counter()
        status, text, _headers = self.post(f"/tables/{self.table_id}/review/approve", form)
        taken = time.perf_counter() - begun
        assert status == 303, (status, re.findall(r"<li>.*?</li>", text)[:5])
        return taken

    def page(self) -> float:
        """The whole page of the table."""
        begun = time.perf_counter()
        status, _text, headers = self.get(f"/tables/{self.table_id}")
        taken = time.perf_counter() - begun
        assert status == 200, status
        self.mark = headers.get("ETag", self.mark)
        return taken

    def unchanged(self) -> float:
        """The page again, as the browser asks for it."""
        begun = time.perf_counter()
        status, _text, _headers = self.get(f"/tables/{self.table_id}", **{"If-None-Match": self.mark})
        taken = time.perf_counter() - begun
        assert status == 304, status
        return taken

    def empty(self) -> float:
        """Nothing."""
        return self._timed("/empty")

    def empty_signed_in(self) -> float:
        """Nothing, for somebody."""
        return self._timed("/empty/signed-in")

    def _timed(self, path: str) -> float:
        begun = time.perf_counter()
        assert self.get(path)[0] == 200
        return time.perf_counter() - begun


def rate(clients: list[Client], what: Callable[[Client], float]) -> float:
    """Requests a second of all clients at once."""
    taken: list[float] = []

    def run(client: Client) -> None:
        taken.extend(what(client) for _time in range(EACH))

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == EACH * len(clients)
    return len(clients) / statistics.mean(taken)


def pgbench(url: str, script: str) -> float:
    """Transactions a second of pgbench with as many clients."""
    program = sorted(glob("/usr/lib/postgresql/*/bin/pgbench"))[-1]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            program, "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "1", "-t", str(EACH * 10), "-f", file.name, url,
        ]  # fmt: skip
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([\d.]+)", said)
    assert found, said
    return float(found[1])


def _people(count: int) -> list[tuple[str, int, int, int, int]]:
    """Officers with a table at the bureau each: login, table, revision, officer, sheet."""
    found = []
    for _number in range(count):
        world = factories.world().bring_to(State.FINANCE_REVIEW)
        table, session = world.table(), db.session()
        officer = session.get_one(Person, world.own.officer)
        officer.password_hash, officer.must_change_password = hashed(PASSWORD), False
        found.append((officer.login, table.id, table.latest_revision, officer.id, table.sheet_id))
        session.commit()
    return found


def main() -> None:
    """Measure and print."""
    with ground.app() as made, tempfile.TemporaryDirectory() as folder:
        url = made.config["SQLALCHEMY_DATABASE_URI"]
        plain, port = url.replace("+psycopg", ""), free_port()
        people = _people(CLIENTS)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE bench_table AS SELECT row_number() OVER () - 1 AS id, state, version, department_id,"
                " state_since, approved_at FROM workflow_table"
            )
            connection.execute("CREATE UNIQUE INDEX ON bench_table (id)")
            connection.execute(
                "CREATE TABLE bench_entry (id bigserial PRIMARY KEY, chain text, act text, body text, hash text)"
            )
        db.session.remove()
        _login, table, _revision, officer, sheet = people[0]
        reads = READS.format(officer=officer, table=table, sheet=sheet)
        with served(url, Path(folder), port):
            clients = [Client(port, login, table, revision, plain) for login, table, revision, *_rest in people]
            asked: dict[str, Callable[[], float]] = {
                "post": lambda: rate(clients, Client.decide),
                "pgbench writes": lambda: pgbench(plain, DECISION),
                "page": lambda: rate(clients, Client.page),
                "pgbench reads": lambda: pgbench(plain, reads),
                "unchanged": lambda: rate(clients, Client.unchanged),
                "empty": lambda: rate(clients, Client.empty),
                "empty, signed in": lambda: rate(clients, Client.empty_signed_in),
            }
            rates: dict[str, list[float]] = {name: [] for name in asked}
            for number in range(ground.ROUNDS):
                for name, ask in asked.items():
                    found = ask()
                    if number:  # the first round warms up
                        rates[name].append(found)
            for client in clients:
                client.http.close()
                client.aside.close()
    middle = {name: statistics.median(each) for name, each in rates.items()}
    ground.heading(f"Served by {WORKERS} workers to {CLIENTS} clients, against pgbench with as many; per second")
    for name, each in middle.items():
        print(f"  {name:<20} {each:>9.0f}")
    for words, one, other, goal in (
        ("a decision (session, CSRF, rights, guards, ledger)", "post", "pgbench writes", 0.25),
        ("the whole table's page, signed in", "page", "pgbench reads", 0.10),
        ("the page unchanged (304) / an empty route", "unchanged", "empty", 0.6),
        ("the page unchanged (304) / an empty signed-in route", "unchanged", "empty, signed in", 0.6),
    ):
        ratio = middle[one] / middle[other]
        ground.line(words, ratio, f"goal {goal}", held=ratio >= goal)


if __name__ == "__main__":
    main()
