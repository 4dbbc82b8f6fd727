"""Hostile files sent to the import page: each is answered with its sentence or read without harm, never a fault."""

import html
import io
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from config.database import db
from forms.reading import apart
from forms.reading.apart import client
from tests import factories
from tests.factories import World
from tests.forms.conftest import SEED
from tests.forms.hostile import BOMBS, CANARY
from tests.web.conftest import key_of, let_in, sign_in
from web import answering
from web.department import importing
from workflow import uploads
from workflow.models import Upload
from workflow.states import State


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A department's draft, and pages that live by the world's clock."""
    made = factories.world().bring_to(State.DRAFT)
    for module in (answering, importing):
        monkeypatch.setattr(module, "now", made.clock)
    return made


@pytest.fixture
def editor(world: World, browser: FlaskClient) -> FlaskClient:
    """A browser in which the department's editor is signed in."""
    sign_in(browser, let_in(world.own.editor))
    return browser


def _send(editor: FlaskClient, world: World, data: bytes, name: str = "目标表.xlsx") -> TestResponse:
    fields = {"csrf_token": key_of(editor.get("/password").text), "key": factories.key() + "-form"}
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{said}\r\n' for key, said in fields.items()
    ]
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    # By hand: the test client's own way leaves a large body open on disk.
    body = "".join([*parts, head]).encode() + data + b"\r\n--edge--\r\n"
    return editor.post(
        f"/tables/{world.own.table_id}/import",
        input_stream=io.BytesIO(body),
        content_type="multipart/form-data; boundary=edge",
        headers={"Content-Length": str(len(body))},
    )


def test_each_bomb_is_answered(editor: FlaskClient, world: World, tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text(CANARY, encoding="utf-8")
    for bomb in BOMBS:
        if not bomb.quick:
            continue
        answer = _send(editor, world, bomb.make(canary))
        if bomb.reads:
            # It is read, whichever table it holds: the page shows it or says whose it is.
            assert answer.status_code in (303, 422), bomb.name
            answer = editor.get(f"/tables/{world.own.table_id}/import")
            assert answer.status_code == 200, bomb.name
        else:
            assert answer.status_code == 422, bomb.name
            assert "目标表.xlsx”" in html.unescape(answer.text), bomb.name
        assert CANARY not in answer.text, bomb.name


def test_an_upload_is_kept_by_its_content_and_shown_by_a_harmless_name(editor: FlaskClient, world: World) -> None:
    data = (SEED / "henan-cac-2020.txt").read_bytes()
    name = "../../<script>alert(1)</script>.txt"
    assert _send(editor, world, data, name).status_code == 303
    kept = db.session().scalars(select(Upload)).one()
    assert (kept.sha256, kept.data) == (uploads.digest(data), data)
    page = editor.get(f"/tables/{world.own.table_id}/import").text
    assert "<script>alert" not in page


def test_without_a_child_nothing_is_read(editor: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was read before waits: the page says that it cannot be shown now."""
    data = (SEED / "henan-cac-2020.txt").read_bytes()
    _send(editor, world, data, "表.txt")
    client.stop()
    monkeypatch.setattr(client, "COMMAND", ["/nowhere/python"])
    answer = _send(editor, world, data, "表.txt")
    assert answer.status_code == 422
    assert "暂时不能读取" in answer.text
    page = editor.get(f"/tables/{world.own.table_id}/import")
    assert page.status_code == 200
    assert "暂时不能读取" in page.text
    assert db.session().scalars(select(Upload)).one().data == data


def test_the_pages_know_no_reader_but_the_one_apart() -> None:
    """A page that called a reader itself would read in the server's own process."""
    for file in Path(importing.__file__).parents[1].rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for name in ("read,", "read_all", "read_xlsx", "read_docx", "read_pdf", "page_picture", "members"):
            assert f"from forms.reading import {name}" not in text, file
        assert "forms.reading.xlsx" not in text, file
        assert "forms.reading.docx" not in text, file
        assert "forms.reading.pdf" not in text, file
    assert apart.read_apart
