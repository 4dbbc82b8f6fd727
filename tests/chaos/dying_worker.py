"""The worker of `tests.chaos.dying`: for Celery `tests.chaos.dying_worker:celery`; run by itself it ticks once."""

import os

from config.clock import now
from config.database import bare_app
from config.settings import settings
from notifications import tasks
from tests.chaos.dying import Orders, arm

arm(Orders.of(os.environ))
if __name__ == "__main__":
    with bare_app(settings()).app_context():
        tasks.tick(now, tasks.channels(settings()))
else:
    from wsgi import celery  # noqa: F401 - what Celery looks for here
