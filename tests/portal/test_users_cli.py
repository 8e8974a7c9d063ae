"""`simpang users`: accounts of the database from the command line."""

import pytest
from click.testing import CliRunner

from pipelines.errors import UserError
from portal.app import create_app
from portal.users_cli import users
from tests.support.portal import quick_hash

PASSWORD = "empat kata yang panjang"


@pytest.fixture
def ran(tmp_path, reused_postgres_dsn, monkeypatch):
    """`ran("list")`: output of a command."""
    monkeypatch.setattr("portal.auth.people.hash_password", quick_hash)
    config = tmp_path / "city.yaml"
    config.write_text(
        f"""store: {{dsn: '{reused_postgres_dsn}'}}
data_dir: {tmp_path}
users: [{{name: rina, roles: [planner], owners: [Pelabuhan], password_hash: '{quick_hash(PASSWORD)}'}}]
cameras:
  - {{id: a, name: A, url: 'rtsp://10.0.0.1/1', owner: Pelabuhan, groups: [gerbang]}}
  - {{id: b, name: B, url: 'rtsp://10.0.0.1/2'}}
"""
    )

    def run(command, *arguments, typed=None):
        result = CliRunner().invoke(users, [command, str(config), *arguments], input=typed, catch_exceptions=False)
        return result.output

    return run


def test_account_is_added_changed_and_disabled(ran, config, pool):
    assert ran("list") == "rina  planner  1 of 2 cameras  owner Pelabuhan  in the configuration\n"
    added = ran("add", "tono", "--role", "police", "--group", "gerbang", typed=PASSWORD + "\n")
    assert added == "tono  police  1 of 2 cameras  group gerbang  added\n"
    app_users = create_app(config, pool).state.services.users
    assert app_users.authenticate("tono", PASSWORD).roles == {"police"}
    assert ran("rights", "tono", "--role", "operator", "--role", "admin") == (
        "tono  admin, operator  2 of 2 cameras  changed\n"
    )
    assert ran("password", "tono", typed="kata sandi yang lain\n") == "tono: password changed, sessions ended\n"
    app_users.forget()
    assert app_users.authenticate("tono", PASSWORD) is None
    assert app_users.authenticate("tono", "kata sandi yang lain").roles == {"operator", "admin"}
    assert ran("disable", "tono") == "tono: disabled, sessions ended\n"
    app_users.forget()
    assert app_users.find("tono") is None
    assert ran("list").splitlines()[1] == "tono  admin, operator  2 of 2 cameras  disabled"
    assert ran("enable", "tono") == "tono: enabled\n"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["add", "rina", "--role", "planner"], "rina: is in the configuration"),
        (["add", "Rina", "--role", "planner"], "name: use small letters"),
        (["disable", "tono"], "tono: no such account"),
        (["password", "tono"], "tono: no such account"),
        (["rights", "tono", "--role", "planner"], "tono: no such account"),
    ],
)
def test_what_cannot_be_done_is_one_line(ran, command, reason):
    with pytest.raises(UserError, match=reason):
        ran(*command, typed=PASSWORD + "\n")


def test_short_password_is_refused(ran):
    with pytest.raises(UserError, match="12 to 1000 characters"):
        ran("add", "tono", "--role", "police", typed="x\n")
