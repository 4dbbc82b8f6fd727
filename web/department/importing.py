"""Importing: a file is read, shown beside its source, and becomes the sheet only when its sender says so."""

import io
from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from config.database import db
from forms import checks, marks
from forms.framework import FrameworkError
from forms.reading import Reading, Unreadable
from forms.reading.apart import original_apart, picture_apart, read_apart
from forms.reading.original import beside
from forms.writing import FORMATS, altered, write
from web.access import roles
from web.answering import STATUS, dossier_or_404, finish, key, me, new_key, number_asked, typed, whole_number
from web.department.side import Side, form_of
from web.table.words import LINKS
from workflow import uploads
from workflow.acts import Recorded, Refused, done_before, record
from workflow.adjustments import changes
from workflow.dossier import Dossier
from workflow.facts import Reason
from workflow.importing import mismatches
from workflow.models import Upload

importing = Blueprint("importing", __name__)
LINKS["import_sheet"] = ("importing.show", "导入文件…")


@importing.get("/tables/<int:table_id>/import")
@roles(Role.EDITOR)
def show(table_id: int) -> str:
    """The file that waits with its reading, or the form to send one."""
    return _page(table_id, ())


@importing.post("/tables/<int:table_id>/import")
@roles(Role.EDITOR)
def send(table_id: int) -> Response | tuple[str, int]:
    """Read a file and keep it until its sender says what becomes of it."""
    found = dossier_or_404(table_id)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _page(table_id, (Reason("no_file", _("请选择一个文件"), "file"),), choose=True), 422
    data, name = sent.read(), sent.filename
    sent.close()
    try:
        reading = read_apart(data, name=name, framework=found.framework.key)
    except (Unreadable, FrameworkError) as error:
        return _page(table_id, (Reason("unreadable", str(error), "file"),), choose=True), 422
    outcome = record(
        "upload_sheet", table_id, person=me(), now=now, key=key(), name=name, sha256=uploads.digest(data), data=data
    )
    to = url_for("importing.show", table_id=table_id)
    if isinstance(outcome, Recorded) and mismatches(reading.document, found.table.department, found.table.cycle):
        return redirect(to, 303)  # the page says why it cannot be used, and nothing pleasant beside it
    return finish(
        outcome,
        done=_("已读入“%(name)s”，请核对后再决定是否使用", name=name),
        to=to,
        again=lambda reasons: _page(table_id, reasons, choose=True),
    )


@importing.get("/tables/<int:table_id>/import/sheet.<ending>")
@roles(Role.EDITOR)
def download(table_id: int, ending: str) -> Response:
    """The sheet as it stands, as a file that can be read here again."""
    if ending not in FORMATS:
        abort(404)
    found = dossier_or_404(table_id)
    kind, _writes = FORMATS[ending]
    name = f"{found.table.department.short_name}{found.document.fiscal_year}年度绩效目标表.{ending}"
    data = io.BytesIO(write(found.document, found.framework, ending))
    return send_file(data, mimetype=kind, as_attachment=True, download_name=name)


@importing.post("/tables/<int:table_id>/import/accept")
@roles(Role.EDITOR)
def accept(table_id: int) -> Response | tuple[str, int]:
    """Make what was read the table's sheet: the very file that was shown, onto the very sheet that was seen."""
    found, sent = dossier_or_404(table_id), key()
    kept = uploads.waiting(db.session(), table_id, me())
    # Looked for after the file: whoever finds it used up finds what used it up.
    if (done := done_before("import_sheet", table_id, person=me(), keys_sent=[sent]).get(sent)) is not None:
        return _accepted(done, table_id, done.said["source"]["name"])
    if kept is None or kept.sha256 != typed("sha256"):
        again = (Reason("upload_gone", _("这里等待确认的已不是刚才那个文件，请核对后再办"), None),)
        return _page(table_id, again), 409
    try:
        reading = _reading(kept, found)
    except Unreadable as error:
        return _page(table_id, (Reason("unreadable", str(error), None),), choose=True), 422
    source = {"name": kept.name, "sha256": kept.sha256}
    outcome = record(
        "import_sheet",
        table_id,
        person=me(),
        now=now,
        key=sent,
        document=reading.document,
        seen=whole_number("seen"),
        source=source,
        unsure=list(reading.unsure),
    )
    return _accepted(outcome, table_id, source["name"])


def _accepted(outcome: Recorded | Refused, table_id: int, name: str) -> Response | tuple[str, int]:
    return finish(
        outcome,
        done=_("已用“%(name)s”替换表的内容，请继续填报", name=name),
        to=url_for("fill.show", table_id=table_id),
        again=lambda reasons: _page(table_id, reasons),
    )


@importing.post("/tables/<int:table_id>/import/discard")
@roles(Role.EDITOR)
def discard(table_id: int) -> Response | tuple[str, int]:
    """Give the file up; the table stays as it is."""
    dossier_or_404(table_id)
    outcome = record("discard_upload", table_id, person=me(), now=now, key=key())
    if isinstance(outcome, Refused):
        if outcome.kind == "not_found":
            abort(404)
        return _page(table_id, outcome.reasons), STATUS[outcome.kind]
    flash(_("已放弃导入，表的内容没有变"), "done")
    return redirect(url_for("importing.show", table_id=table_id), 303)


@importing.get("/tables/<int:table_id>/import/pages/<int:page>.png")
@roles(Role.EDITOR)
def picture(table_id: int, page: int) -> Response:
    """A page of the PDF that waits, as a picture."""
    dossier_or_404(table_id)
    kept = uploads.waiting(db.session(), table_id, me())
    if kept is None:
        abort(404)
    try:
        png = picture_apart(kept.data, name=kept.name, page=page)
    except Unreadable:  # no such page, or no PDF
        abort(404)
    return send_file(io.BytesIO(png), mimetype="image/png", download_name=f"{page}.png")


def _reading(kept: Upload, found: Dossier) -> Reading:
    return read_apart(kept.data, name=kept.name, framework=found.framework.key)


def _page(table_id: int, reasons: Sequence[Reason], *, choose: bool = False) -> str:
    """The reading of the file that waits, or the form to send one (`choose`: the form in any case)."""
    found = dossier_or_404(table_id)
    kept = None if choose else uploads.waiting(db.session(), table_id, me())
    shared = {"d": found, "reasons": reasons, "key": new_key()}
    if kept is None or not found.may("import_sheet"):
        return render_template("department/import.html", altered=altered(found.document, found.framework), **shared)
    try:
        reading = _reading(kept, found)
        shown = Side(beside(original_apart(kept.data, name=kept.name), reading), number_asked("part"))
    except Unreadable as error:  # it could be read when it came: the machine is too busy now
        return _page(table_id, (*reasons, Reason("unreadable", str(error), None)), choose=True)
    return render_template(
        "department/import-read.html",
        kept=kept,
        read=reading.document,
        form=form_of(reading, found.framework),
        unsure=marks.to_confirm(reading.unsure, reading.document, form_of(reading, found.framework), whole=True),
        unplaced=reading.unplaced,
        wrong=mismatches(reading.document, found.table.department, found.table.cycle),
        findings=checks.run(reading.document, found.framework),
        changes=changes(found.document, reading.document, ignore_space=True),
        side=shown,
        **shared,
    )
