"""Passwords: how they are kept, what a new one must be, and the random first one."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200
LEAST_DIFFERENT = 4
"""A password has at least so many different characters."""
WANTED = (
    f"{SHORTEST} 到 {LONGEST} 个字符",
    f"至少 {LEAST_DIFFERENT} 个不同的字符；字母、数字、符号、汉字都可以",
    "不能与账号相同或几乎相同，也不能与现在的密码相同",
)
"""What a new password must be, as people read it before they type: the rules of `objection`."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What a first password is made of: nothing that reads like something else on paper (no 0 and o, no 1, l and i)."""


class _Keeping:
    """The hasher in use, and a hash of nobody's password made with the same effort."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self.hasher = hasher
        self.nobody = hasher.hash(secrets.token_urlsafe(16))


_keeping: _Keeping | None = None


def _now_in_use() -> _Keeping:
    global _keeping  # noqa: PLW0603 - made once, at the first need: it costs as much as one sign-in
    if _keeping is None:
        _keeping = _Keeping(PasswordHasher())
    return _keeping


@contextmanager
def effort(*, time_cost: int, memory_kib: int, parallelism: int) -> Iterator[None]:
    """Hash with another effort inside the block (tests hash hundreds of passwords); argon2id in any case."""
    global _keeping  # noqa: PLW0603
    before = _keeping
    _keeping = _Keeping(PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism))
    try:
        yield
    finally:
        _keeping = before


def hashed(password: str) -> str:
    """The argon2id hash to keep, salt and effort inside."""
    return _now_in_use().hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one behind a kept hash.

    Without a hash (no such login, no password yet) the same work is done for nothing, so that the answer takes as
    long and its time tells nobody which logins exist.
    """
    keeping = _now_in_use()
    try:
        right = keeping.hasher.verify(kept or keeping.nobody, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return right and kept is not None


def wants_rehash(kept: str) -> bool:
    """Whether a hash was made with another effort than today's."""
    return _now_in_use().hasher.check_needs_rehash(kept)


def first_password(seed: bytes | None = None) -> str:
    """A first password, 79 bits, in four groups that can be read out on the telephone.

    Random, or drawn from a secret seed, from which the same comes again: an answer that was lost on its way can be
    given once more, and the password itself is kept nowhere.
    """
    if seed is None:
        letters = [secrets.choice(_LETTERS) for _ in range(16)]
    else:
        drawn = int.from_bytes(hashlib.shake_256(b"first password" + seed).digest(32))
        letters = [_LETTERS[drawn // len(_LETTERS) ** place % len(_LETTERS)] for place in range(16)]
    return "-".join("".join(letters[place : place + 4]) for place in range(0, 16, 4))


def objection(new: str, *, login: str, kept: str | None) -> str | None:
    """Why a new password cannot be taken, as a sentence for its owner; None when it can.

    `kept` is the hash of the password in use, which for a new account is the first one.
    """
    if len(new) < SHORTEST:
        return f"新密码只有 {len(new)} 个字符，至少要 {SHORTEST} 个"
    if len(new) > LONGEST:
        return f"新密码超过 {LONGEST} 个字符，请缩短"
    if len(set(new)) < LEAST_DIFFERENT:
        return "新密码只重复了几个字符，请用更多不同的字符"
    if login.casefold() in new.casefold() and len(new) - len(login) < 6:
        return "新密码与账号相同或几乎相同，请换一个"
    if kept is not None and fits(new, kept):
        return "新密码与现在的密码（初始密码）相同，请换一个"
    return None
