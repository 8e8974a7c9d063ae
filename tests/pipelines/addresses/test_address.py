"""Addresses with every character that users put into passwords: parsed as meant, masked, and never an exception."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from pipelines.addresses.address import MAX_LENGTH, Address
from pipelines.addresses.dsn import readable_dsn
from pipelines.errors import UserError
from pipelines.store.pool import complete_dsn

PASSWORDS = [
    "pa#ss",
    "pa@ss",
    "pa/ss",
    "pa?ss",
    "100%",
    "pa%ss",
    "a:b",
    "pa ss",
    "p[a]s]s",
    "pässwört",
    "密码",
    "p'a\"s",
    "p\\ss",
    "p#@/?:ss",
    "<p>&;=+,$",
]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("scheme", ["rtsp", "http", "mqtt", "smtp", "postgresql"])
def test_a_password_with_odd_characters_is_read_as_meant(scheme: str, password: str) -> None:
    address = Address.parse(f"{scheme}://ädmin:{password}@10.0.0.7:1234/live?x=1")
    assert (address.user, address.password, address.host, address.port) == ("ädmin", password, "10.0.0.7", 1234)
    assert address.rest == "/live?x=1"
    assert str(address) == f"{scheme}://***@10.0.0.7:1234/live"
    assert "%23" in address.advice
    assert password not in repr(address)


@pytest.mark.parametrize("password", PASSWORDS)
def test_libraries_read_the_encoded_address_as_it_is_meant(password: str) -> None:
    url = httpx.URL(Address.parse(f"http://admin:{password}@10.0.0.7/live").encoded)
    assert (url.username, url.password, url.host) == ("admin", password, "10.0.0.7")
    dsn = conninfo_to_dict(Address.parse(f"postgresql://admin:{password}@10.0.0.7/city").encoded)
    assert (dsn["user"], dsn["password"], dsn["host"], dsn["dbname"]) == ("admin", password, "10.0.0.7", "city")


def test_an_address_that_is_written_well_is_passed_on_as_it_is() -> None:
    for text in (
        "rtsp://admin:pa%23ss@10.0.0.7/live@2x?mail=a@b.c#1",
        "http://[fe80::1]:8080/video.m3u8?token=s3cret",
        "rtsp://admin:@10.0.0.7/Streaming/Channels/101",
        "postgresql://u:p@h1:5432,h2:5433/db?target_session_attrs=read-write",
        "postgresql:///db?host=/run/postgres",
        "srt://10.0.0.7:9000?passphrase=s3cret",
    ):
        assert (Address.parse(text).encoded, Address.parse(text).advice) == (text, "")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("rtsp://10.0.0.7/user=admin&password=s3cret&channel=1_stream=0.sdp?real", "rtsp://10.0.0.7/***"),
        ("rtsps://10.0.0.7:7441/s0RyQ4K6z5LsYx5r?enableSrtp", "rtsps://10.0.0.7:7441/***"),
        ("rtsp://10.0.0.7/live/token=s3cret", "rtsp://10.0.0.7/live/***"),
        ("https://hooks.example.org/hook/T000/B000/s3cretXYZ", "https://hooks.example.org/hook/T000/B000/***"),
        ("RTSP://10.0.0.7:554/h264Preview_01_main", "rtsp://10.0.0.7:554/h264Preview_01_main"),
        ("http://10.0.0.7/cgi-bin/mjpeg?user=a@b.c&pwd=s3cret", "http://10.0.0.7/cgi-bin/mjpeg"),
        ("rtsp://admin:12/3@cam/main", "rtsp://***"),
        ("rtsp://admin:p#a@ss", "rtsp://***"),
        ("rtsp://admin:pass@cam/main", "rtsp://***@cam/main"),
        ("rtsp://admin:12/3@10.0.0.7/main", "rtsp://***@10.0.0.7/main"),
        ("rtsp://user.name:12/3@10.0.0.7/main", "rtsp://***"),
        ("rtsp://admin:p#x@10.0.0.7/live?mail=a@b.c", "rtsp://***@10.0.0.7/live"),
        ("async:http://u:s3cret@cam.city/live", "async:http://***@cam.city/live"),
        ("SASL_SSL://u:s3cret@kafka:9093", "sasl_ssl://***@kafka:9093"),
        ("/srv/clips/junction@2x.mp4", "/srv/clips/junction@2x.mp4"),
        ("file:///srv/clips/a.mp4", "file:///srv/clips/a.mp4"),
    ],
)
def test_what_may_be_a_secret_is_not_shown(text: str, masked: str) -> None:
    assert str(Address.parse(text)) == masked


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:s3cret",
        "rtsp:/admin:s3cret@10.0.0.7/live",
        "rtsp//admin:s3cret@10.0.0.7/live",
        "admin:s3cret@10.0.0.7/live",
        "rtsp://admin:s3cret@",
        "rtsp://admin:s3cret@10.0.0.7:99999/live",
        "rtsp://admin:s3cret@[fe80::1/live",
        "rtsp://admin:s3cret@10.0.0.7/live\nx",
        "rtsp://",
    ],
)
def test_an_address_that_cannot_be_used_states_how_to_write_it_and_shows_nothing(text: str) -> None:
    address = Address.parse(text)
    assert "write rtsp://user:password@host:port/path" in address.problem
    assert "s3cret" not in f"{address}{address!r}{address.problem}"


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    for address in (Address.parse(text), Address.parse("rtsp://" + text), Address.parse(f"http://u:{text}@h.x/p")):
        assert isinstance(address.hidden(), dict)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20))
def test_no_password_is_shown(password: str) -> None:
    address = Address.parse(f"rtsp://admin:q{password}q7@10.0.0.7/live")
    assert str(address) in ("rtsp://***@10.0.0.7/live", "rtsp://***")


def test_the_scheme_of_every_address_may_be_in_upper_case() -> None:
    assert conninfo_to_dict(readable_dsn("POSTGRESQL://user:pass@db/traffic"))["host"] == "db"
    assert Address.parse("HTTPS://hook.example.org/A").encoded == "https://hook.example.org/A"


@pytest.mark.parametrize("mark", "#/?")
def test_a_user_may_be_a_mail_address_and_the_password_begin_with_any_mark(mark: str) -> None:
    address = Address.parse(f"rtsp://kota@x.id:{mark}s3cret@10.0.0.7/live")
    assert (address.user, address.password, address.host) == ("kota@x.id", f"{mark}s3cret", "10.0.0.7")


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://ad#min:Geheim77@kamera/live",
        "rtsp://kota@x.id:12#Geheim77@10.0.0.7/live",
        "rtsp:/admin:Geheim77@10.0.0.7/live",
        "admin:Geheim77@10.0.0.7/live",
        "https://Geheim77ab@10.0.0.7/live",
        "http://10.0.0.7/live?s=Geheim77abc",
    ],
)
def test_a_secret_is_known_also_where_its_address_can_be_read_in_two_ways_or_none(text: str) -> None:
    assert any("Geheim77" in hidden and text not in hidden for hidden in Address.parse(text).hidden())


def test_an_address_longer_than_any_server_reads_is_none() -> None:
    text = "rtsp://u:" + "p@" * MAX_LENGTH + "10.0.0.7/live"
    address = Address.parse(text)
    assert address.problem
    assert address.masked == "rtsp://***"
    assert Address.parse(f"rtsp://u:{'p' * 4000}@10.0.0.7/live").problem == ""


@pytest.mark.parametrize(
    ("dsn", "problem"),
    [
        ("postgresql://u:s3cret@db/city?sslmode=required", 'invalid sslmode value: "required"; correct this parameter'),
        ("service=no_such_service password=s3cret", "correct this parameter"),
        ("host=db target_session_attrs=master password=s3cret", "correct this parameter"),
        ("host=a,b port=1,2,3 password=s3cret", "2 hosts and 3 ports; give one port"),
        ("host=db connect_timeout=soon password=s3cret", "connect_timeout is no number of seconds"),
        ("", "no address of a database; write postgresql://"),
    ],
)
def test_a_parameter_that_libpq_refuses_is_one_line_at_once(dsn: str, problem: str) -> None:
    with pytest.raises(UserError, match=r"^store\.dsn: ") as refused:
        complete_dsn(dsn)
    assert problem in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("rest", "secrets"),
    [
        ("/cgi?loginuse=admin&loginpas=word&psw=w&pw=x", {"admin", "word", "w", "x"}),
        ("/cgi?%70assword=w%40rd", {"w@rd"}),
        ("/live?s0RyQ4K6z5LsYx5r&channel=1", {"s0RyQ4K6z5LsYx5r"}),
        ("/s0RyQ4K6z5LsYx5r/live#a1b2c3d4e5f6", {"s0RyQ4K6z5LsYx5r", "a1b2c3d4e5f6"}),
        ("/simpang_panbil_02/live?videocodec=h264&channel=1", set()),
    ],
)
def test_secrets_of_path_and_query_are_found(rest: str, secrets: set[str]) -> None:
    assert Address.parse(f"http://10.0.0.7{rest}").secrets_of_rest == secrets
