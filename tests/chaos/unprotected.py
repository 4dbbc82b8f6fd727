"""The pages with one of their protections taken away: what the controls of the trials serve, and nobody else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, request
from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from config import statements
from config.database import db
from config.statements import Asked
from ledger import keys
from workflow import acts
from workflow.models import Table


def _pages() -> Flask:
    from wsgi import app

    return app


def without_version_check() -> Flask:
    """Nobody asks whether the table is still the one that was seen."""
    acts._is_current = lambda row, version: True
    acts._unchanged = lambda: (Table.id == bindparam("table"),)
    acts._setting = acts._setting.__wrapped__
    return _pages()


@contextmanager
def _writing_as_reader() -> Iterator[Session]:
    session = db.session()
    session.rollback()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def without_begin_immediate() -> Flask:
    """Writers begin as readers do, and find out at their end that somebody else writes."""
    acts.writing = _writing_as_reader
    return _pages()


def without_keys() -> Flask:
    """Nothing remembers what a key did: a wish that comes twice is carried out twice, where nothing else hinders it."""
    keys.remembered = lambda *given: None
    keys.remember = lambda *given: None
    return _pages()


def in_two_transactions() -> Flask:
    """A move is committed before its effect is written, as if the two were no one thing."""

    def at_once_in_two(session: Session, *asked: Asked) -> int:
        touched = statements.at_once(session, *(each for each in asked if each[0] is not keys.REMEMBER))
        session.commit()
        for each in asked:
            if each[0] is keys.REMEMBER:
                time.sleep(0.3)
                statements.at_once(session, each)
        return touched

    acts.at_once = at_once_in_two
    return _pages()


def publishing_in_the_request() -> Flask:
    """Whoever decides wakes the worker at once, and so needs the broker."""
    from notifications.tasks import TICK
    from wsgi import celery

    app = _pages()

    @app.after_request
    def wake(answer: Response) -> Response:
        if request.method == "POST" and "/do/" in request.path:
            celery.send_task(TICK)
        return answer

    return app
