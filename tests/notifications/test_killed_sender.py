"""A sender that dies between sending and marking: what it sent goes out again, and is recognised as the same."""

import signal
from datetime import date, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import select

from config.database import Base, bare_app, db
from config.settings import Settings
from notifications.channels.email import Email, message_id
from notifications.models import Notice, Status
from notifications.outbox import LEASE, deliver, plan_due
from tests.conftest import SECRET
from tests.factories import world as open_year
from tests.house.processes import environment, module, run

DYING = """
import os, signal, sys
from datetime import datetime

from config.database import bare_app
from config.settings import settings
from notifications.channels.email import Email
from notifications.outbox import deliver


class Dying(Email):
    def send(self, batch):
        sent = list(super().send(batch))
        os.kill(os.getpid(), signal.SIGKILL)
        return iter(sent)


with bare_app(settings()).app_context():
    deliver(datetime.fromisoformat(sys.argv[1]), {"email": Dying(settings())})
"""


@pytest.mark.chaos
def test_a_sender_killed_between_sending_and_marking_loses_nothing_and_doubles_nothing_in_the_mail_folder(
    tmp_path: Path,
):
    settings = Settings(environment="development", secret_key=SECRET, data=tmp_path)
    mail = tmp_path / "mail"
    with bare_app(settings).app_context():
        Base.metadata.create_all(db.engine)
        year = open_year()
        year.clock.on(date(2019, 11, 4), hour=1)  # the lease is over before anything is late, and so put together
        year.recorded("urge", year.manager)
        plan_due(year.clock())
        env = environment(tmp_path, environment="development", secret_key=SECRET)
        (tmp_path / "dying.py").write_text(DYING)
        died = run([*module("dying"), year.clock().isoformat()], env | {"PYTHONPATH": str(tmp_path)})
        assert died.returncode == -signal.SIGKILL, died.stderr
        first = sorted(file.name for file in mail.iterdir())
        session = db.session()
        session.rollback()
        waiting = list(session.scalars(select(Notice).where(Notice.channel == "email")))
        assert len(first) == len(waiting) > 0
        assert {(n.status, n.lease_owner is None) for n in waiting} == {(Status.PLANNED, False)}
        assert deliver(year.clock(), {"email": Email(settings)}).sent == 0
        assert deliver(year.clock() + LEASE + timedelta(seconds=1), {"email": Email(settings)}).sent == len(waiting)
        assert sorted(file.name for file in mail.iterdir()) == first
        found = {str(message_from_bytes(file.read_bytes())["Message-ID"]) for file in mail.iterdir()}
        assert found == {message_id(n.key, "localhost") for n in waiting}
        db.session.remove()
        db.engine.dispose()
