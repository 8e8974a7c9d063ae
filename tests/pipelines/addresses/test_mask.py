"""Secrets are masked in texts of any origin, in every form in which a library may repeat them."""

from base64 import b64encode
from urllib.parse import quote

import pytest

from pipelines.addresses.address import Address
from pipelines.addresses.mask import KnownSecrets, without_credentials

PASSWORD = "gehe#im/ 7%ß"


@pytest.fixture
def known() -> KnownSecrets:
    secrets = KnownSecrets()
    secrets.remember(Address.parse(f"rtsp://admin:{PASSWORD}@10.0.0.7/live?token=T0kenT0ken").hidden())
    return secrets


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD,
        quote(PASSWORD),
        quote(PASSWORD, safe=""),
        quote(PASSWORD, safe="").replace("%C3%9F", "%c3%9f").replace("%2F", "%2f"),
        ascii(PASSWORD)[1:-1],
        b64encode(f"admin:{PASSWORD}".encode()).decode(),
        "T0kenT0ken",
        f"rtsp://admin:{PASSWORD}@10.0.0.7/live?token=T0kenT0ken",
    ],
)
def test_a_known_secret_is_masked_in_each_spelling(known: KnownSecrets, form: str) -> None:
    masked = known.mask(f"[Errno 5] cannot open '{form}'")
    assert form not in masked
    assert "gehe" not in masked
    assert "***" in masked


def test_a_short_secret_is_masked_as_a_word_only() -> None:
    secrets = KnownSecrets()
    secrets.remember({"5544": "***"})
    assert secrets.mask("5544 on port 55441") == "*** on port 55441"


def test_without_known_secrets_a_text_stays_as_it_is() -> None:
    assert KnownSecrets().mask("rtsp is on") == "rtsp is on"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("opening 'rtsp://u:s3cret@10.0.0.7/live', 5", "opening 'rtsp://***@10.0.0.7/live', 5"),
        ("(rtsp://u:s3#cret@10.0.0.7/live): lost.", "(rtsp://***@10.0.0.7/live): lost."),
        ('{"a": "http://h.x/live?token=s3cret", "b": 1}', '{"a": "http://h.x/live", "b": 1}'),
        ("password='s3 cret' host=db", "password=*** host=db"),
        ("sslpassword=s3cret", "sslpassword=***"),
        (
            "write postgresql://user:password@host:5432/dbname, and",
            "write postgresql://user:password@host:5432/dbname, and",
        ),
        (
            "write https://host/path or http://user:password@host:port.",
            "write https://host/path or http://user:password@host:port.",
        ),
        ("such as https://kota.example.id/lalin", "such as https://kota.example.id/lalin"),
        ("https://kota.example.id/T0k3nT0k3n", "https://kota.example.id/***"),
        ("GET /x?access_token=s3cret&y=1", "GET /x?access_token=***&y=1"),
        ("rtsp://***@10.0.0.7/***: sends nothing", "rtsp://***@10.0.0.7/***: sends nothing"),
    ],
)
def test_an_address_in_a_text_is_masked_and_the_rest_kept(text: str, masked: str) -> None:
    assert without_credentials(text) == masked
    assert without_credentials(masked) == masked
