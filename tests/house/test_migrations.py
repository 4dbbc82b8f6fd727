"""The migrations lead to the models' schema, up, down and up again, on both databases; and the comparison can fail."""

from collections.abc import Iterator

import flask_migrate
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import CheckConstraint, Column, Engine, Integer, MetaData, Table, create_engine, inspect, text

from commands.migrations_in_step import checks_in, differences, migrations_in_step
from config.database import MIGRATIONS, Base, bare_app, db
from config.settings import ROOT, Settings
from tests.conftest import SECRET


@pytest.fixture
def migrating(empty_database_url: str, tmp_path) -> Iterator[Flask]:
    """An app in whose context Flask-Migrate works on an empty database."""
    app = bare_app(
        Settings(environment="development", secret_key=SECRET, data=tmp_path, database_url=empty_database_url)
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def modelled(databases, database_kind: str) -> Iterator[Engine]:
    """The database of other tests, which the models made; nothing here changes it."""
    engine = create_engine(databases.app(database_kind).config["MUBIAO"].database)
    yield engine
    engine.dispose()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


@pytest.mark.each_database
def test_up_down_and_up_again(migrating: Flask, modelled: Engine) -> None:
    flask_migrate.upgrade(directory=MIGRATIONS)
    assert tables(db.engine) == set(Base.metadata.tables)
    flask_migrate.downgrade(directory=MIGRATIONS, revision="base")
    assert tables(db.engine) == set()
    flask_migrate.upgrade(directory=MIGRATIONS)
    assert differences(db.engine, modelled) == []


@pytest.mark.each_database
def test_going_back_to_where_no_heads_were_known_leaves_the_other_appointments(migrating: Flask) -> None:
    flask_migrate.upgrade(directory=MIGRATIONS)
    rows = (
        "INSERT INTO accounts_region (id, code, name, timezone) VALUES (1, 'R', 'R', 'Asia/Shanghai')",
        "INSERT INTO accounts_department (id, region_id, path, code, name, short_name, submits)"
        " VALUES (1, 1, '/1/', 'D', 'D', 'D', true)",
        "INSERT INTO accounts_person (id, login, name, must_change_password) VALUES (1, 'a', 'A', true)",
        "INSERT INTO accounts_appointment (id, person_id, role, region_id, department_id, starts_on)"
        " VALUES (1, 1, 'editor', 1, 1, '2020-01-01'), (2, 1, 'department_head', 1, 1, '2020-01-01')",
        "INSERT INTO accounts_appointment (id, person_id, role, region_id, department_id, starts_on, ends_on)"
        " VALUES (3, 1, 'editor', 1, 1, '2021-01-01', '2021-01-01')",  # called off, which versions before 0012 cannot
    )
    with db.engine.begin() as connection:
        for row in rows:
            connection.execute(text(row))
    flask_migrate.downgrade(directory=MIGRATIONS, revision="0008")
    with db.engine.begin() as connection:
        assert connection.execute(text("SELECT role FROM accounts_appointment")).scalars().all() == ["editor"]
    flask_migrate.upgrade(directory=MIGRATIONS)


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("lost", "word"),
    [
        ("ALTER TABLE accounts_appointment DROP CONSTRAINT ck_accounts_appointment_scope_fits_the_role", "scope_fits"),
        ("DROP INDEX ix_ledger_entry_act_id", "ix_ledger_entry_act_id"),
        ("ALTER TABLE accounts_person DROP COLUMN email", "accounts_person.email"),
        ("ALTER TABLE ledger_entry ADD COLUMN extra TEXT", "ledger_entry.extra"),
    ],
)
def test_a_difference_shows(lost: str, word: str, migrating: Flask, modelled: Engine, database_kind: str) -> None:
    flask_migrate.upgrade(directory=MIGRATIONS)
    assert differences(db.engine, modelled) == []
    if database_kind == "sqlite" and "DROP CONSTRAINT" in lost:
        _rewrite_sqlite(
            db.engine, "accounts_appointment", "CONSTRAINT ck_accounts_appointment_scope_fits_the_role CHECK", "CHECK"
        )
    else:
        with db.engine.begin() as connection:
            connection.execute(text(lost))
    db.engine.dispose()
    assert any(word in each for each in differences(db.engine, modelled))


def _rewrite_sqlite(engine: Engine, table: str, old: str, new: str) -> None:
    """Change a table's definition as SQLite keeps it: it cannot drop a CHECK."""
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ?", (old, new, table))
        raw.execute("PRAGMA writable_schema = OFF")


def test_a_weakened_condition_under_the_same_name_shows(migrating: Flask, modelled: Engine) -> None:
    flask_migrate.upgrade(directory=MIGRATIONS)
    _rewrite_sqlite(db.engine, "ledger_entry", "position >= 1", "position >= 0")
    db.engine.dispose()
    assert any("position >= 0" in each for each in differences(db.engine, modelled))


def test_conditions_with_brackets_and_quotes_are_read_whole() -> None:
    sql = "CREATE TABLE t (a INTEGER, CONSTRAINT one CHECK ((a IN ('(', ')')) = (a > 1)), CHECK (a <> ')'))"
    assert list(checks_in(sql)) == ["one: (a IN('(',')'))=(a > 1)", "None: a <> ')'"]


def test_the_command_is_content_with_the_migrations_there_are() -> None:
    result = CliRunner().invoke(migrations_in_step)
    assert (result.exit_code, result.output) == (0, "Models and migrations are in step.\n")


def test_the_command_fails_and_names_a_model_without_a_migration() -> None:
    extra = Table(
        "forgotten", Base.metadata, Column("id", Integer, CheckConstraint("id > 0", name="counts"), primary_key=True)
    )
    try:
        result = CliRunner().invoke(migrations_in_step)
    finally:
        Base.metadata.remove(extra)
    assert result.exit_code == 2
    assert "the migrations lack: table forgotten" in result.output
    assert "id > 0" in result.output


def test_migrations_import_nothing_of_the_project() -> None:
    versions = list((ROOT / "migrations/versions").glob("*.py"))
    assert versions
    rooms = ("config", "ledger", "accounts", "forms", "workflow", "notifications", "commands", "web")
    for version in versions:
        for line in version.read_text(encoding="utf-8").splitlines():
            assert not line.startswith(tuple(f"{word} {room}" for word in ("import", "from") for room in rooms)), line


def test_the_models_have_names_for_all_their_constraints() -> None:
    """A constraint without a name cannot be dropped by a later migration on both databases."""
    metadata: MetaData = Base.metadata
    for table in metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, (table.name, constraint)
