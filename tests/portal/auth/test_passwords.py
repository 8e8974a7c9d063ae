"""Hashing and verification of passwords."""

from portal.auth.passwords import PasswordVerifier, hash_password, is_password_hash


def test_hash_verifies_its_own_password_only():
    verifier, password_hash = PasswordVerifier(), hash_password("s3cret")
    assert verifier.verify(password_hash, "s3cret")
    assert not verifier.verify(password_hash, "S3cret")
    assert not verifier.verify(None, "s3cret")


def test_equal_passwords_have_different_hashes():
    assert hash_password("s3cret") != hash_password("s3cret")


def test_only_argon2_hashes_are_hashes():
    assert is_password_hash(hash_password("s3cret"))
    for text in ("", "s3cret", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$"):
        assert not is_password_hash(text), text
