"""/health for people and watchers, /metrics for Prometheus. Both read rows; neither asks a broker or a mail server."""

from flask import Blueprint, Response, current_app, render_template

from config.clock import now
from config.database import db
from config.settings import Settings
from notifications.health import ago, health, metrics
from web.access import open_to_all, with_metrics_token

watching = Blueprint("watching", __name__)


@watching.get("/health")
@open_to_all
def show() -> tuple[str, int]:
    """Whether what should happen by itself does: 503 when not. Names and ages alone, nothing of anybody's work."""
    settings: Settings = current_app.config["MUBIAO"]
    found = health(db.session(), now(), settings.tick_seconds)
    return render_template("health.html", health=found, ago=ago), 200 if found.well else 503


@watching.get("/metrics")
@with_metrics_token
def scraped() -> Response:
    """Ages and depths."""
    settings: Settings = current_app.config["MUBIAO"]
    found = health(db.session(), now(), settings.tick_seconds)
    return Response(metrics(found), content_type="text/plain; version=0.0.4; charset=utf-8")
