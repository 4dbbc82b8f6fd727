"""create_app(): the pages on the bare app, safe by default."""

import re
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, current_app, g, render_template, request, session
from flask_babel import Babel, get_locale
from flask_babel import gettext as _
from flask_compress import Compress
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as WerkzeugResponse

# Every room's rows are imported here, so that whoever has the app (migrations, tests) knows all tables.
import accounts.models  # noqa: F401
import ledger.models  # noqa: F401
from commands import registry
from config import logging
from config.database import bare_app, breaks_off, let_go
from config.settings import Settings
from config.settings import settings as settings_in_use
from notifications.channels.registry import channels
from web import access, answering, figures, going_back, navigation
from web import session as sessions
from web.admin.departments import departments
from web.admin.handing_over import handing_over
from web.admin.people import people
from web.admin.sign_ins import sign_ins
from web.audit.ledger import sealed_ledger
from web.audit.records import auditing
from web.bureau.amendment import amendment
from web.bureau.cycle import cycle
from web.bureau.deciding import deciding
from web.bureau.holidays import calendar
from web.bureau.reminders import reminders
from web.bureau.review import review
from web.bureau.statistics import statistics
from web.bureau.worklist import list_of_tables
from web.department.adjusting import adjusting
from web.department.answers import answers
from web.department.asking import asking
from web.department.declining import declining
from web.department.desk import desk
from web.department.evaluation import evaluation
from web.department.fill import fill
from web.department.importing import importing
from web.department.monitoring import monitoring
from web.department.tables import tables
from web.entrance import entrance, offered_languages
from web.health import watching
from web.messages import messages, unread_messages
from web.stand_in import stand_in
from web.table import words
from web.table.events import events
from web.table.page import page
from workflow.deadlines import day_words, short_day

BLUEPRINTS: tuple[Blueprint, ...] = (
    entrance,
    desk,
    page,
    events,
    tables,
    fill,
    importing,
    answers,
    adjusting,
    asking,
    declining,
    list_of_tables,
    review,
    deciding,
    amendment,
    cycle,
    calendar,
    reminders,
    statistics,
    monitoring,
    evaluation,
    messages,
    people,
    handing_over,
    stand_in,
    departments,
    sign_ins,
    auditing,
    sealed_ledger,
    watching,
)
LARGEST_REQUEST = 32 * 1024 * 1024
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "same-origin",  # form keys are checked against the referrer
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

log = structlog.get_logger("web")


def create_app(settings: Settings | None = None, *, blueprints: Sequence[Blueprint] = BLUEPRINTS) -> Flask:
    """The app with its pages and commands. Raises web.access.UndeclaredRoute when a route keeps silent."""
    settings = settings or settings_in_use()
    logging.configure(settings)
    app = bare_app(settings)
    app.config.update(
        SESSION_COOKIE_NAME="mubiao",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.environment != "development",
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=settings.session_minutes),
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=settings.environment != "development",
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),  # addresses carry the file's state, see _static_state
        BABEL_DEFAULT_LOCALE="zh_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
    )
    if settings.proxies:
        trusted = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=trusted)  # type: ignore[method-assign]
    app.session_interface = going_back.Sessions()
    Compress(app)
    CSRFProtect(app)
    sessions.login_manager().init_app(app)
    Babel(app, locale_selector=_language, default_translation_directories="translations")
    app.url_defaults(_static_state)
    app.before_request(_begin)
    app.before_request(access.ask)
    app.after_request(_end)
    app.context_processor(_for_templates)
    app.add_template_filter(day_words, "day_words")
    app.add_template_filter(short_day, "short_day")
    words.register(app)
    figures.register(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(DBAPIError, _busy)
    app.register_error_handler(PoolTimeout, _busy)
    app.register_error_handler(Exception, _crash)
    access.open_to_all(app.view_functions["static"])
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    access.check_every_route(app)
    channels(settings)  # raises NotAChannel: half a channel must not be found out by a message
    registry.register(app)
    return app


def _static_state(endpoint: str, values: dict[str, Any]) -> None:
    """Put a file's last change into its address, so that browsers may keep it for good and never show an old one."""
    if endpoint == "static" and "v" not in values:
        file = Path(current_app.static_folder or "") / str(values.get("filename", ""))
        if file.is_file():
            values["v"] = f"{file.stat().st_mtime_ns // 10**6:x}"


def _language() -> str:
    chosen = session.get("language")
    settings: Settings = current_app.config["MUBIAO"]
    return str(chosen) if chosen in offered_languages() else settings.language


def _for_templates() -> dict[str, Any]:
    return {
        "stops_for": navigation.stops_for,
        "has_stand_ins": navigation.has_stand_ins,
        "new_key": answering.new_key,
        "unread_messages": unread_messages,
        "offered_languages": offered_languages,
        "stop_of": navigation.stop_of,
        "language": str(get_locale() or "zh_CN"),
    }


def _begin() -> None:
    """Give the request its number: the one a proxy in front gave it, or a new one."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex[:12]  # short enough to be read out
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", going_back.kept_for(request.method, response.status_code))
        took = round((time.perf_counter() - g.began) * 1000) if "began" in g else None
        # The path alone: what stands behind the question mark may be anybody's words.
        log.info("answered", method=request.method, path=request.path, status=response.status_code, ms=took)
    if "request_id" in g:
        response.headers["X-Request-ID"] = g.request_id
    return response


def _error_words(code: int) -> tuple[str, str]:
    """Title and way out for a status."""
    words = {
        400: (_("没有看懂这次请求"), _("请返回上一页，刷新后再试一次；如果是从别处粘贴的地址，请核对是否完整。")),
        403: (_("您的任职不包括这一页"), _("请回到工作台；如果应当由您办理，请本单位的系统管理员核对您的任职。")),
        404: (_("没有这一页"), _("地址可能写错，或者内容不在您能查看的部门之内。请回到工作台，从列表里打开。")),
        405: (_("这个地址不能这样打开"), _("请回到工作台，从页面上的按钮办理。")),
        409: (_("内容刚刚被别人改动"), _("请返回上一页，刷新后看到最新内容，再决定是否办理。")),
        413: (_("文件太大"), _("一次最多上传 32 MB。请缩小文件（例如压缩其中的图片）后再上传。")),
    }
    unknown = (
        _("系统出了错，您的操作可能没有完成"),
        _("请返回上一页，刷新后核对内容再试；仍然出错时，把下面的编号告诉系统管理员。"),
    )
    return words.get(code, words[400] if 400 <= code < 500 else unknown)


def _error_page(error: HTTPException) -> tuple[str, int] | HTTPException | WerkzeugResponse:
    code = error.code or 500
    if code < 400:
        return error
    title, way_out = _error_words(code)
    if isinstance(error, CSRFError) and access.lost_session():
        return access.to_sign_in()
    if isinstance(error, CSRFError):
        title = _("这一页打开得太久，没有办理")
        way_out = _("请返回上一页，先复制没有保存的文字，刷新后再办理一次。")
    number = g.get("request_id", "")
    return render_template("error.html", code=code, title=title, way_out=way_out, number=number), code


def _busy(error: Exception) -> Response | tuple[str, int] | HTTPException | WerkzeugResponse:
    """The database does not answer, or has no connection or lock to give: come again in a moment, nothing is lost."""
    if isinstance(error, DBAPIError) and not breaks_off(error):
        return _crash(error)
    log.warning("busy", path=request.path, error=str(error).partition("\n")[0])
    let_go()
    with sessions.answering_nobody():
        page = render_template(
            "error.html",
            code=503,
            title=_("系统正忙，这次没有办理"),
            way_out=_("请过几秒返回上一页再办一次；填写的内容还在，同一次操作不会办两遍。"),
            number=g.get("request_id", ""),
        )
    return Response(page, 503, {"Retry-After": str(COME_AGAIN_SECONDS)})


COME_AGAIN_SECONDS = 5


def _crash(error: Exception) -> tuple[str, int] | HTTPException | WerkzeugResponse:
    log.error("crashed", exc_info=error, path=request.path)
    with sessions.answering_nobody():
        return _error_page(InternalServerError())
