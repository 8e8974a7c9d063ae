"""Secrets are masked in texts of any origin, in every form in which a library may repeat them."""

from base64 import b64encode
from time import thread_time
from urllib.parse import quote

import pytest

from pipelines.addresses.address import Address
from pipelines.addresses.mask import KnownSecrets, remember_settings, without_credentials

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
        ("/srv/rtsp:/admin:s3cret@10.0.0.7/live: No such file", "/srv/rtsp:/***: No such file"),
        ("proxy //u:s3cret@10.0.0.7:3128 refuses", "proxy //*** refuses"),
        ("{'password': 's3cret', 'user': 'u'}", "{'password': ***, 'user': 'u'}"),
        ('"pass" = "s3 cret" host=db', '"pass" = "s3 cret" host=db'),
        ('pass="s3 cret" host=db', "pass=*** host=db"),
        ("Authorization: Basic czNjcmV0", "Authorization: Basic ***"),
        ("password: user or password is refused", "password: user or password is refused"),
        ("rtsp://***@10.0.0.7/***: sends nothing", "rtsp://***@10.0.0.7/***: sends nothing"),
    ],
)
def test_an_address_in_a_text_is_masked_and_the_rest_kept(text: str, masked: str) -> None:
    assert without_credentials(text) == masked
    assert without_credentials(masked) == masked


def test_secrets_of_settings_are_known_before_they_are_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = KnownSecrets()
    monkeypatch.setattr("pipelines.addresses.mask.KNOWN", secrets)
    remember_settings(
        {
            "cameras": [{"id": "a", "url": "cam:Rahasia1#a@10.0.0.7"}, "rtsp://u:Rahasia2#a@10.0.0.7/live"],
            "bus": {"kafka": ["a:9092", "SASL_SSL://u:Rahasia3#a@kafka:9093"]},
            "store": {"dsn": "host=db password='Rahasia4 a'"},
            "webhooks": [{"secret": "Rahasia5#a", "url": "https://hooks.example.id/Rahasia6abcd"}],
            "rtsp://u:Rahasia7#a@10.0.0.7/live": None,
            "collect": {"folder": "/srv/pictures"},
        }
    )
    passwords = [f"Rahasia{n}#a" for n in (1, 2, 3, 5, 7)]
    for secret in (*passwords, "Rahasia4 a", "Rahasia6abcd"):
        assert secrets.mask(f"error at {secret}.") == "error at ***.", secret
    assert secrets.mask("/srv/pictures of camera a, db, 10.0.0.7") == "/srv/pictures of camera a, db, 10.0.0.7"


@pytest.mark.parametrize("text", ["a." * 30_000, "a:" * 30_000, "password" * 8_000, "a://" * 15_000, "//" * 30_000])
def test_the_time_to_mask_grows_with_the_length_of_a_text_only(text: str) -> None:
    started = thread_time()
    without_credentials(text[: len(text) // 8])
    short = thread_time() - started
    started = thread_time()
    without_credentials(text)
    assert thread_time() - started < 30 * max(short, 0.002)  # 8 for linear, 64 for quadratic
