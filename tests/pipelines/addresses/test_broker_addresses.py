"""Addresses of Kafka: those with settings of TLS or SASL are refused in one line, and never taken for a host."""

import pytest

from pipelines.addresses.broker_addresses import broker_addresses, is_security_setting
from pipelines.errors import UserError


@pytest.mark.parametrize(
    "bootstrap",
    [
        "SASL_SSL://u:s3cret@kafka:9093",
        "SSL://kafka:9093",
        "sasl_plaintext://kafka:9092",
        "SASL_PLAINTEXT://kafka:9092,SASL_PLAINTEXT://kafka2:9092",
        "kafka:9092,SSL://kafka2:9093",
        "kafka+ssl://kafka:9093",
        "tls://kafka:9093",
        "EXTERNAL://kafka:9094",
        "KAFKAS://kafka",
        "SASL_SSL:kafka:9093",
        "SASL_PLAINTEXT://u:s3cret@[::1]:9093",
        "PLAINTEXT://kafka:9092,sasl_ssl://u:s3cret@kafka2",
        "PLAINTEXT://u:s3cret@kafka:9092",
        "u:s3cret@kafka:9092",
        "u:s3cr,et@kafka:9092",
        "kafka:9093;security.protocol=SASL_SSL;sasl.password=s3cret",
        "kafka:9093?sasl_plain_password=s3cret",
        "kafka:9093 sasl.mechanism=PLAIN",
    ],
)
def test_settings_of_tls_and_sasl_are_refused_in_one_line_without_the_secret(bootstrap: str) -> None:
    with pytest.raises(UserError, match=r"^bus\.kafka: TLS and SASL have other keys; write ") as refusal:
        broker_addresses(bootstrap)
    assert "s3cr" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("bootstrap", "addresses"),
    [
        ("kafka", [("kafka", 9092)]),
        ("PLAINTEXT://kafka:9092", [("kafka", 9092)]),
        ("sasl-kafka.city:19092, [::1]:9092", [("sasl-kafka.city", 19092), ("::1", 9092)]),
    ],
)
def test_a_plain_listener_is_accepted(bootstrap: str, addresses: list[tuple[str, int]]) -> None:
    assert broker_addresses(bootstrap) == addresses


@pytest.mark.parametrize(
    "bootstrap", ["", "kafka:", ":9092", "kafka:port", "a:9092,,b:9092", "a:99999", "a b:1", "a..b:9092", "x" * 64]
)
def test_other_addresses_are_refused_with_the_right_form(bootstrap: str) -> None:
    with pytest.raises(UserError, match="write host:9092,host2:9092"):
        broker_addresses(bootstrap)


def test_settings_of_a_secured_listener_are_recognised() -> None:
    keys = [
        "sasl_mechanism",
        "security_protocol",
        "ssl_cafile",
        "sasl_plain_password",
        "tls",
        "password",
        "user",
        "ca_file",
        "certificate",
    ]
    assert all(map(is_security_setting, keys))
    assert not any(map(is_security_setting, ["group", "grup", "kafka_servers", "essential"]))
