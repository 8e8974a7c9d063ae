"""Users of the configuration, and the administrator of the first start."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from pydantic import SecretStr

from pipelines.config.settings import Config, UserConfig
from pipelines.errors import UserError
from portal.auth.passwords import hash_password
from portal.auth.users import User, Users, load_users
from tests.support.portal import quick_hash


def unexpected(password):
    raise AssertionError(f"a password was created: {password}")


def test_invalid_hash_is_an_error_that_does_not_quote_it(tmp_path):
    user = UserConfig(name="rina", roles=("planner",), password_hash=SecretStr("plain-text-password"))
    with pytest.raises(UserError, match=r"users\.rina\.password_hash: .*simpang password") as refusal:
        load_users(Config(users=(user,), data_dir=tmp_path), unexpected)
    assert "plain-text-password" not in str(refusal.value)


def test_user_of_the_configuration_is_authenticated_by_the_password_only(tmp_path):
    user = UserConfig(name="rina", roles=("planner",), password_hash=SecretStr(hash_password("s3cret")))
    users = load_users(Config(users=(user,), data_dir=tmp_path), unexpected)
    assert users.authenticate("rina", "s3cret").roles == {"planner"}
    assert users.authenticate("rina", "S3cret") is None
    assert users.authenticate("budi", "s3cret") is None
    assert not (tmp_path / "users.json").exists()


@pytest.mark.parametrize("content", ["", "[]", "[{}]", "nonsense"])
def test_unreadable_file_of_the_administrator_is_an_error_with_a_remedy(tmp_path, content):
    (tmp_path / "users.json").write_text(content)
    with pytest.raises(UserError, match=r"users\.json: .*delete it"):
        load_users(Config(data_dir=tmp_path), unexpected)


def test_a_database_that_hangs_keeps_one_thread_waiting_and_no_others(monkeypatch):
    known = User("sari", frozenset({"police"}), quick_hash("kata-sandi"))
    hangs, read = Event(), Event()

    def read_others():
        read.set()
        assert hangs.wait(30)
        return [known]

    hangs.set()
    users = Users([], read_others)
    assert users.find("sari") == known
    hangs.clear()
    read.clear()
    monkeypatch.setattr("portal.auth.users.REREAD_S", 0.0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(users.find, "sari")
        assert read.wait(30)
        assert users.find("sari") == known
        assert not waiting.done()
        hangs.set()
        assert waiting.result() == known
