"""Typed settings, read from MUBIAO_* variables; `flask --app wsgi settings` lists them with meaning and default."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.allowed import allowed_hosts

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_SECRET = "not-a-secret-development-only"  # noqa: S105 - refused outside development


class Settings(BaseSettings):
    """One field per variable: MUBIAO_ and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="MUBIAO_", extra="forbid")

    environment: Literal["production", "development"] = Field(
        "production",
        description="`development` allows the embedded defaults; anything that serves elsewhere must name its own",
    )
    secret_key: str = Field(DEFAULT_SECRET, description="signs sessions and form keys; at least 32 characters")
    debug: bool = Field(False, description="Flask's debug mode; never outside development")
    data: Path = Field(
        ROOT / "var", description="folder of the embedded database, the mail folder and the broker's files"
    )
    database_url: str | None = Field(
        None, description="SQLAlchemy URL; without one, the embedded SQLite file in the data folder"
    )
    database_connections: int = Field(
        10,
        description="connections to the database of one process, at most; who waits longer is asked to come again",
        ge=1,
    )
    database_seconds: float = Field(
        20.0, description="seconds after which PostgreSQL gives a statement up, and a lock after half of that", gt=0
    )
    broker_url: str | None = Field(
        None, description="Celery broker (amqp://… or redis://…); without one, files in the data folder"
    )
    queue: str = Field("mubiao", description="name of the Celery queue (and its exchange)")
    tick_seconds: float = Field(60.0, description="seconds between two wake-ups of the clock and the reminders", gt=0)
    clock: str = Field(
        "",
        description="outside production: `+90d` shifts the program's clock, `+90d*1440` also speeds it up, since the "
        "process began or, `+90d*60@1767225600`, since an instant that several processes share",
    )
    language: Literal["zh_CN", "en"] = Field(
        "zh_CN", description="language of the pages before a person chooses: zh_CN or en"
    )
    address: str = Field("http://127.0.0.1:8000", description="the address people use, printed in messages")
    port: int = Field(8000, description="port of `serve` on 127.0.0.1", ge=1, le=65535)
    proxies: int = Field(
        0, description="how many proxies in front are trusted to say where a request came from (X-Forwarded-*)", ge=0
    )
    session_minutes: int = Field(120, description="minutes without a request after which a person is signed out", ge=5)
    mail_host: str | None = Field(None, description="SMTP server; without one, messages are written into data/mail")
    mail_port: int = Field(25, description="port of the SMTP server", ge=1, le=65535)
    mail_user: str | None = Field(None, description="SMTP account, where the server asks for one")
    mail_password: str | None = Field(None, description="its password")
    mail_starttls: bool = Field(False, description="ask the SMTP server for STARTTLS before anything else")
    mail_from: str = Field("mubiao@localhost", description="sender address of the messages")
    mail_timeout: float = Field(20.0, description="seconds before a silent SMTP server is given up", gt=0)
    webhook_hosts: str = Field(
        "",
        description="hosts to which messages may be sent by robots, between commas: `host` or `host:port`; with "
        "`+private` or `+loopback` behind it for one of the office's own network or this machine. Empty: none",
    )
    webhook_seconds: float = Field(10.0, description="seconds after which one such attempt is cut off", gt=0, le=60)
    metrics_token: str | None = Field(
        None, description="what /metrics wants as `Authorization: Bearer …`; without one it answers nobody"
    )
    log_format: Literal["lines", "json"] = Field("lines", description="log entries as lines for people or as JSON")

    @field_validator("webhook_hosts")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        allowed_hosts(text)
        return text

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database in use."""
        return self.database_url or f"sqlite:///{self.data / 'mubiao.sqlite3'}"

    def refusals_to_serve(self) -> list[str]:
        """Why this program must not serve people with these settings; empty when it may. Development may always."""
        if self.environment == "development":
            return []
        found = []
        if self.secret_key == DEFAULT_SECRET or len(self.secret_key) < 32:
            found.append("MUBIAO_SECRET_KEY is the default or shorter than 32 characters")
        if self.debug:
            found.append("MUBIAO_DEBUG is on")
        if self.database_url is None:
            found.append(
                "MUBIAO_DATABASE_URL is not set, so the data would go to an embedded database that nobody named"
            )
        if self.clock:
            found.append("MUBIAO_CLOCK shifts the clock")
        return found


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
