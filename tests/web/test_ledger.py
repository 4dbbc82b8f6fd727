"""The auditor's page of the ledger: the head to note, and the whole of it as a file."""

import importlib.util
import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Appointment
from accounts.roles import Role
from config.clock import now
from config.database import db, writing
from config.settings import ROOT
from ledger import book, reading, sealing
from ledger.models import Seal
from ledger.whole import Head
from notifications.channels.inbox import Inbox
from notifications.rules import INBOX
from notifications.tasks import tick
from tests import factories
from tests.web.conftest import enter, post
from web.audit.glossary import WORDS as GLOSSARY
from web.audit.glossary import explained
from workflow import ledger_export


@pytest.fixture
def world(pages: Flask) -> factories.World:
    """A region with its people, and what they did sealed."""
    made = factories.world()
    sealing.seal(now)
    return made


@pytest.fixture
def auditor(world: factories.World, browser: FlaskClient) -> FlaskClient:
    """A browser in which the region's auditor is signed in."""
    enter(browser, world.auditor)
    return browser


def head() -> Head:
    db.session().rollback()
    found = reading.head(db.session())
    assert found is not None
    return found


def test_the_page_shows_the_head_and_the_line_to_keep(auditor: FlaskClient) -> None:
    page = auditor.get("/audit/ledger").text
    assert f"第 {head().position} 条" in page
    assert f"ledger verify --head {head()}" in page
    assert "1 条待封存" in page  # the auditor has just signed in
    assert "下载台账" in page


def test_before_the_first_seal_the_page_says_so(pages: Flask, browser: FlaskClient) -> None:
    enter(browser, factories.world().auditor)
    assert "还没有封存" in browser.get("/audit/ledger").text


def test_the_download_is_verified_without_the_program(auditor: FlaskClient) -> None:
    spec = importlib.util.spec_from_file_location("verify_ledger", ROOT / "docs/verify_ledger.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    answer = auditor.get("/audit/ledger/export")
    assert answer.status_code == 200
    assert f"ledger-{head().position}.jsonl" in answer.headers["Content-Disposition"]
    found, counts, last = script.verify(answer.text.splitlines(), [(head().position, head().hash)])
    assert found == []
    assert counts["entry"] == head().position + 1
    assert last == (head().position, head().hash)


def test_who_audits_one_of_two_regions_sees_the_head_but_is_not_given_the_others_records(
    auditor: FlaskClient, world: factories.World
) -> None:
    other = factories.world()
    page = auditor.get("/audit/ledger")
    assert head().hash in page.text
    assert "只交给审计所有地区的人" in page.text
    assert "下载台账" not in page.text
    refused = auditor.get("/audit/ledger/export")
    assert refused.status_code == 409
    assert "只交给审计所有地区的人" in refused.text
    with writing() as session:
        session.add(
            Appointment(
                person_id=world.auditor, role=Role.AUDITOR, region_id=other.region_id, starts_on=date(2020, 1, 1)
            )
        )
    assert auditor.get("/audit/ledger/export").status_code == 200


def test_the_head_is_shown_whole_to_be_copied_with_what_it_is_for(auditor: FlaskClient) -> None:
    page = auditor.get("/audit/ledger").text
    assert "头（校验码）" in page
    assert f'id="head-hash">{head().hash}</code>' in page
    assert 'data-copies="head-hash"' in page
    assert f"ledger verify --head {head()}</code>" in page
    assert "怎么用：" in page


def test_a_long_ledger_is_left_to_the_command_line(auditor: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ledger_export.why_not(10_000, audits_all=True) is None
    assert ledger_export.why_not(10_001, audits_all=True) == "台账超过 10000 条，请系统管理员在服务器上导出。"
    monkeypatch.setattr(ledger_export, "LARGEST", 3)
    assert "下载台账" not in auditor.get("/audit/ledger").text
    assert auditor.get("/audit/ledger/export").status_code == 409


def test_the_bar_leads_an_auditor_to_the_ledger_and_to_what_they_were_told(
    auditor: FlaskClient, world: factories.World
) -> None:
    world.clock.on(date(2019, 11, 6))
    tick(world.clock, {INBOX: Inbox()})
    page = auditor.get("/audit/ledger").text
    assert 'href="/audit/ledger" aria-current="page"' in page
    assert 'href="/messages"' in page
    assert str(head()) in auditor.get("/messages").text
    assert "台账校验码" in auditor.get("/messages/preferences").text


def test_verifying_on_the_page_of_records_knows_the_seals_too(auditor: FlaskClient) -> None:
    assert book.verify(db.session()) == []
    with writing() as session:
        session.execute(Seal.__table__.update().where(Seal.position == 2).values(hash="0" * 64))
    assert "封存链" in post(auditor, "/audit/verify", form="/audit").text


def verified(auditor: FlaskClient, heads: str) -> tuple[int, str]:
    answer = post(auditor, "/audit/ledger/verify", {"heads": heads}, form="/audit/ledger")
    return answer.status_code, answer.text


def test_the_page_itself_verifies_the_ledger_and_the_lines_noted_before(auditor: FlaskClient) -> None:
    noted = str(head())
    status, page = verified(auditor, f"{noted}\n\n {noted.upper()} \n")
    assert status == 200
    assert "与您记下的 2 个校验码相符" in page
    assert "没有改动、缺失或截断" in verified(auditor, "")[1]


def test_a_noted_line_that_no_longer_fits_is_told(auditor: FlaskClient) -> None:
    _, page = verified(auditor, f"{head().position}:{'0' * 64}")
    assert "与记下的校验码不符" in page
    assert "记下的位置已不存在" in verified(auditor, f"99999:{'0' * 64}")[1]


def test_a_line_that_is_none_stays_in_its_field_with_how_to_write_it(auditor: FlaskClient) -> None:
    status, page = verified(auditor, "12:abc")
    assert status == 422
    assert ">12:abc</textarea>" in page
    assert "要写成 位置:校验码" in page


def test_the_page_says_what_it_verifies_and_who_runs_the_command(auditor: FlaskClient) -> None:
    page = auditor.get("/audit/ledger").text
    assert page.index("在本页核对") < page.index("请系统管理员在服务器上运行") < page.index("flask --app wsgi")
    assert "您没有服务器的账号，不用自己运行" in page


@pytest.mark.parametrize("path", ["/audit", "/audit/ledger"])
def test_every_word_that_a_stranger_does_not_know_is_explained_once_on_top(path: str, auditor: FlaskClient) -> None:
    page = auditor.get(path).text.split('<div class="content">')[1]
    told = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+。)</dd>", page)
    assert len(dict(told)) == len(told)
    with auditor.application.test_request_context():
        words = [word for word, _line in explained(*GLOSSARY) if word.split("、")[0] in page]
    assert len(words) >= 5
    assert set(words) == set(dict(told))
    assert page.index('<dl class="glossary">') < page.index("<table")
