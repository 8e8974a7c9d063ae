"""Where users come from."""

import pytest
from pydantic import SecretStr

from pipelines.config.settings import Config, UserConfig
from pipelines.errors import UserError
from portal.auth.users import hash_password, load_users


def unexpected(password):
    raise AssertionError(f"a password was made: {password}")


def test_a_hash_that_is_none_is_told_at_the_start_and_not_shown(tmp_path):
    user = UserConfig(name="rina", roles=("planner",), password_hash=SecretStr("plain-text-password"))
    with pytest.raises(UserError, match=r"users\.rina\.password_hash: .*simpang password") as refusal:
        load_users(Config(users=(user,), data_dir=tmp_path), unexpected)
    assert "plain-text-password" not in str(refusal.value)


def test_a_hash_of_ours_is_taken(tmp_path):
    user = UserConfig(name="rina", roles=("planner",), password_hash=SecretStr(hash_password("s3cret")))
    users = load_users(Config(users=(user,), data_dir=tmp_path), unexpected)
    assert users.check("rina", "s3cret").roles == {"planner"}
    assert users.check("rina", "S3cret") is None
    assert not (tmp_path / "users.json").exists()


@pytest.mark.parametrize("content", ["", "[]", "[{}]", "nonsense"])
def test_a_broken_file_says_what_to_do(tmp_path, content):
    (tmp_path / "users.json").write_text(content)
    with pytest.raises(UserError, match=r"users\.json: .*delete it"):
        load_users(Config(data_dir=tmp_path), unexpected)
