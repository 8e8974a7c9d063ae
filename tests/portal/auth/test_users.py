"""Users of the configuration, and the administrator of the first start."""

import pytest
from pydantic import SecretStr

from pipelines.config.settings import Config, UserConfig
from pipelines.errors import UserError
from portal.auth.passwords import hash_password
from portal.auth.users import load_users


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
