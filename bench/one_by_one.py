"""The peer of the outbox: a Celery task for each message, which opens a connection of its own and sends it."""

import smtplib
from datetime import UTC, datetime

from celery import shared_task
from flask import current_app
from sqlalchemy import select, update

from accounts.models import Person
from config.database import bare_app, db, writing
from config.queue import make_celery
from config.settings import Settings, settings
from notifications.channels import Outgoing
from notifications.channels.email import compose
from notifications.models import Notice, Status


@shared_task(name="bench.send_one")
def send_one(notice_id: int) -> None:
    """Read a notice and its recipient, send it, mark it."""
    given: Settings = current_app.config["MUBIAO"]
    session = db.session()
    notice, name, address = session.execute(
        select(Notice, Person.name, Person.email)
        .join(Person, Person.id == Notice.recipient_id)
        .where(Notice.id == notice_id)
    ).one()
    at = datetime.now(UTC)
    raw = compose(Outgoing(notice.id, notice.key, name, address, notice.subject, notice.body, at), given)
    with smtplib.SMTP(given.mail_host or "", given.mail_port, local_hostname="localhost") as server:
        server.sendmail(given.mail_from, [address], raw)
    with writing() as session:
        sent = {"status": Status.SENT, "sent_at": at, "next_attempt_at": None}
        session.execute(update(Notice).where(Notice.id == notice_id).values(sent))
    db.session.remove()


celery = make_celery(bare_app(settings()), settings(), tasks=("bench.one_by_one",), beat={})
