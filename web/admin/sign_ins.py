"""Who signed in, or tried to, when and from where."""

from flask import Blueprint, render_template, request

from accounts import directory
from accounts.roles import Role
from config.database import db
from web.access import roles
from web.admin.people import A_PAGE, page_number, regions

sign_ins = Blueprint("sign_ins", __name__)


@sign_ins.get("/sign-ins")
@roles(Role.ADMINISTRATOR)
def index() -> str:
    """The records, newest first."""
    page, text, failed = page_number(), request.args.get("q", ""), request.args.get("failed") == "1"
    found = directory.sign_ins(
        db.session(), regions(), text=text, failed=failed, limit=A_PAGE + 1, offset=(page - 1) * A_PAGE
    )
    return render_template(
        "admin/sign-ins.html", found=found[:A_PAGE], more=len(found) > A_PAGE, page=page, text=text, failed=failed
    )
