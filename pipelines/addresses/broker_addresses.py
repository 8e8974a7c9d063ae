"""Addresses of Kafka brokers in the configuration: hosts and ports, and no settings of TLS and SASL."""

import re

from pipelines.addresses.address import MAX_PORT
from pipelines.errors import UserError

DEFAULT_PORT = 9092
"""Port of a listener without TLS and SASL. [Apache Kafka, default of `listeners`]"""
ELSEWHERE = (
    "TLS and SASL have other keys; write host:9092,host2:9092 into bus.kafka, and set bus.security_protocol, "
    "bus.sasl_mechanism, bus.user, bus.password and bus.ca_file"
)
"""Refusal of an address or a key that asks for TLS or SASL."""
_SECURITY = re.compile(
    r"(?<![a-z])(sasl|ssl|tls|mtls|security|user|password|jaas|kerberos|oauth|scram|mechanism|cert|ca_?file|truststore"
    r"|keystore)",
    re.IGNORECASE,
)
"""Name of a protocol or a setting of a secured listener. [Apache Kafka, client configuration]"""
_PLAIN = re.compile(r"(plaintext|kafka|tcp)://", re.IGNORECASE)
"""Protocol of a listener without TLS and SASL, which may stand before the host. [Apache Kafka, `listeners`]"""
_BROKER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|(?:[\w~-]{1,63}\.)*[\w~-]{1,63}\.?)(?::([0-9]{1,5}))?")
"""Host and port of a broker; IPv6 is in brackets. [labels of a name: RFC 1035]"""


def broker_addresses(bootstrap: str) -> list[tuple[str, int]]:
    """Return host and port of each broker. Raises UserError, which shows no secret, for anything else.

    >>> broker_addresses("kafka-1, PLAINTEXT://[fe80::1]:19092")
    [('kafka-1', 9092), ('fe80::1', 19092)]
    """
    return [_address(part.strip(), bootstrap) for part in bootstrap.split(",")]


def is_security_setting(key: str) -> bool:
    """Return whether a key of the section `bus` asks for TLS or SASL, such as `sasl_mechanism`."""
    return _SECURITY.search(key) is not None


def _address(text: str, bootstrap: str) -> tuple[str, int]:
    found = _BROKER.fullmatch(_PLAIN.sub("", text, count=1) if _PLAIN.match(text) else text)
    if found is None or not 0 < int(found[2] or DEFAULT_PORT) <= MAX_PORT:
        is_other = "://" in text and not _PLAIN.match(text)
        is_secured = is_other or "@" in bootstrap or is_security_setting(text)
        raise UserError(
            f"bus.kafka: {ELSEWHERE}"
            if is_secured
            else "bus.kafka: no list of broker addresses; write host:9092,host2:9092"
        )
    return found[1].strip("[]"), int(found[2] or DEFAULT_PORT)
