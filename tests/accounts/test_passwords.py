"""How passwords are kept and what a new one must be."""

import re

import pytest

from accounts import passwords


def test_a_password_is_kept_as_argon2id_with_todays_effort() -> None:
    with passwords.effort(time_cost=3, memory_kib=65536, parallelism=4):
        kept = passwords.hashed("correct horse battery")
        assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert passwords.fits("correct horse battery", kept)
        assert not passwords.fits("correct horse batterz", kept)


def test_a_login_without_a_hash_costs_the_same_work_as_one_with() -> None:
    """Both are compared with a hash of the same effort, so the time of the answer tells nobody which logins exist."""
    with passwords.effort(time_cost=2, memory_kib=64, parallelism=1):
        kept = passwords.hashed("correct horse battery")
        compared: list[str] = []
        keeping = passwords._now_in_use()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(keeping.hasher), "verify", lambda self, hash_, password: compared.append(hash_) or True)
            passwords.fits("another password", None)
            passwords.fits("another password", kept)
        assert len(compared) == 2
        assert [hash_.split("$")[1:4] for hash_ in compared] == [kept.split("$")[1:4]] * 2


def test_a_missing_or_broken_hash_lets_nobody_in() -> None:
    assert not passwords.fits("", None)
    assert not passwords.fits("anything", None)
    assert not passwords.fits("anything", "not a hash")


def test_nobodys_password_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even to somebody who knew the password behind the hash that unknown logins are compared with."""
    monkeypatch.setattr(passwords._now_in_use(), "nobody", passwords.hashed("nobody's password"))
    assert not passwords.fits("nobody's password", None)


def test_a_hash_of_less_effort_wants_to_be_made_anew() -> None:
    old = passwords.hashed("correct horse battery")
    assert not passwords.wants_rehash(old)
    with passwords.effort(time_cost=2, memory_kib=64, parallelism=1):
        assert passwords.wants_rehash(old)


@pytest.mark.parametrize(
    ("new", "word"),
    [
        ("ninechars", "至少要 10"),
        ("x" * 201, "超过 200"),
        ("1111111111", "重复"),
        ("zhangsan12", "账号"),
        ("ZHANGSAN12", "账号"),
        ("the first one", "初始密码"),
    ],
)
def test_a_new_password_is_refused_with_its_reason(new: str, word: str) -> None:
    objection = passwords.objection(new, login="zhangsan12", kept=passwords.hashed("the first one"))
    assert objection is not None
    assert word in objection


@pytest.mark.parametrize("new", ["tenchars-1", "一二三四五六七八九十", "zhangsan12 walks home"])
def test_a_new_password_is_taken(new: str) -> None:
    assert passwords.objection(new, login="zhangsan12", kept=passwords.hashed("the first one")) is None


def test_first_passwords_are_random_legible_and_long_enough() -> None:
    made = {passwords.first_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert re.fullmatch(r"[a-hj-km-np-z2-9]{4}(-[a-hj-km-np-z2-9]{4}){3}", password)
        assert passwords.objection(password, login="tian", kept=None) is None
