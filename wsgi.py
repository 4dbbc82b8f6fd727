"""Two names: `app` for a web server and the flask command line, `celery` for `celery -A wsgi:celery worker|beat`."""

from config.queue import make_celery as _make_celery
from config.serving import refuse_unsafe_start as _refuse_unsafe_start
from config.serving import settings_or_exit as _settings_or_exit
from notifications.tasks import MODULES as _MODULES
from notifications.tasks import beat_schedule as _beat_schedule
from web.application import create_app as _create_app

_settings = _settings_or_exit()
_refuse_unsafe_start(_settings)

app = _create_app(_settings)
celery = _make_celery(app, _settings, tasks=_MODULES, beat=_beat_schedule(_settings))
