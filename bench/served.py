"""The program as gunicorn serves it to the benchmark, with two routes that do nothing beside it."""

from flask import Blueprint

from web.access import open_to_all, signed_in
from web.application import BLUEPRINTS, create_app

nothing = Blueprint("nothing", __name__)


@nothing.get("/empty")
@open_to_all
def empty() -> str:
    """No database, no person."""
    return ""


@nothing.get("/empty/signed-in")
@signed_in
def empty_signed_in() -> str:
    """Who is signed in, and nothing else."""
    return ""


app = create_app(blueprints=(*BLUEPRINTS, nothing))
