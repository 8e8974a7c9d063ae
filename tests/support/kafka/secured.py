"""Apache Kafka with TLS, SASL and access control, for one test module."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType
from tests.support.kafka.apache import ApacheKafka, missing_part
from tests.support.kafka.certificates import Authority

PASSWORD = "p@ss:w0rd-8231"
"""Password of every user, with characters that have a meaning in addresses."""
MODULES = "org.apache.kafka.common.security"
MAY_DO_ALL, MAY_READ, MAY_NOTHING = "city", "reader", "stranger"
"""Users. `city` may read, write and create the topics `traffic.*`, `reader` may read them."""


class SecuredKafka(ApacheKafka):
    """A broker with a listener of each protocol. `MUTUAL` demands a client certificate."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "certificates")
        users = dict.fromkeys((MAY_DO_ALL, MAY_READ, MAY_NOTHING), PASSWORD)
        plain = " ".join(f'user_{name}="{password}"' for name, password in users.items())
        properties = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.authority.issue("broker")),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.certificate),
            "listener.name.mutual.ssl.client.auth": "required",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",  # the brokers and the administrator, on the listener without SASL
        }
        for listener, mechanisms in (("sasl", ("PLAIN", *SCRAM)), ("unencrypted", SCRAM)):
            properties[f"listener.name.{listener}.sasl.enabled.mechanisms"] = ",".join(mechanisms)
            for mechanism in mechanisms:
                module = f"{MODULES}.scram.ScramLoginModule required"
                if mechanism == "PLAIN":
                    module = f"{MODULES}.plain.PlainLoginModule required {plain}"
                properties[f"listener.name.{listener}.{mechanism.lower()}.sasl.jaas.config"] = f"{module};"
        listeners = {
            "CLIENTS": "PLAINTEXT",
            "SASL": "SASL_SSL",
            "MUTUAL": "SSL",
            "UNENCRYPTED": "SASL_PLAINTEXT",
        }
        super().__init__(folder, listeners=listeners, properties=properties, users=users)

    def grant(self) -> None:
        """Create the rights of the users."""
        topics = ResourcePattern(ResourceType.TOPIC, "traffic.", ACLResourcePatternType.PREFIXED)
        group = ResourcePattern(ResourceType.GROUP, "simpang-store", ACLResourcePatternType.LITERAL)
        rights = [
            (MAY_DO_ALL, ACLOperation.ALL, topics),
            (MAY_DO_ALL, ACLOperation.READ, group),
            (f"CN={MAY_DO_ALL}", ACLOperation.ALL, topics),
            (f"CN={MAY_DO_ALL}", ACLOperation.READ, group),
            (MAY_READ, ACLOperation.READ, topics),
            (MAY_READ, ACLOperation.READ, group),
        ]
        with closing(self.admin()) as admin:
            admin.create_acls(
                [
                    ACL(f"User:{name}", "*", operation, ACLPermissionType.ALLOW, resource)
                    for name, operation, resource in rights
                ]
            )


SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
"""Mechanisms that keep no password. [RFC 5802]"""


@pytest.fixture(scope="module")
def secured_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    if missing_part():
        pytest.skip(f"needs Apache Kafka: {missing_part()}")
    kafka = SecuredKafka(tmp_path_factory.mktemp("kafka") / "secured")
    try:
        kafka.start()
        kafka.grant()
        yield kafka
    finally:
        kafka.lose()
