"""How a client connects to Kafka: TLS, user and password, and what the settings must be where a broker refuses."""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka.errors import (
    AuthorizationError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from pipelines.addresses.mask import remember_secrets
from pipelines.config.bus_settings import BusConfig
from pipelines.errors import UserError


@dataclass(frozen=True)
class Security:
    """Protocol of the listener, user and TLS context. The default is a listener without TLS and SASL."""

    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, bus: BusConfig) -> "Security":
        """Read the files of `bus`. Raises UserError where one cannot be used."""
        tls = _tls_context(bus) if bus.has_tls else None
        if not bus.has_sasl:
            return cls(bus.security_protocol, tls=tls)
        return cls(bus.security_protocol, bus.sasl_mechanism, bus.user, _password(bus), tls)

    @property
    def options(self) -> dict[str, Any]:
        """Options of every client."""
        sasl = {
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }
        return {"security_protocol": self.protocol, "ssl_context": self.tls} | (sasl if self.user else {})

    def connect(self, address: tuple[str, int], timeout_s: float) -> None:
        """Open and close a connection, with TLS if it is set. Raises OSError."""
        with socket.create_connection(address, timeout=timeout_s) as connection:
            if self.tls is not None:
                with self.tls.wrap_socket(connection, server_hostname=address[0]):
                    pass

    def remedy(self, error: BaseException) -> str | None:
        """Return the problem and its remedy, `PROBLEM; REMEDY`, None for an error that the settings do not cause."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not accepted ({error.verify_message}); set bus.ca_file to the authority that "
                "signed it, and bus.kafka to a host that it names"
            )
        if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
            return "refuses the TLS of this client; set bus.certificate_file to a certificate that it accepts"
        remedies = {
            ssl.SSLError: "does not speak TLS there; check the port in bus.kafka, or bus.security_protocol",
            SaslAuthenticationFailedError: f"refuses user {self.user} or the password; check bus.user, bus.password "
            "and bus.sasl_mechanism",
            UnsupportedSaslMechanismError: f"does not offer {self.mechanism}; set bus.sasl_mechanism to one that it "
            "offers",
            IllegalSaslStateError: "does not ask for a user there; set bus.security_protocol to "
            f"{self.protocol.removeprefix('SASL_')}, or correct the port",
            TopicAuthorizationFailedError: self._no_right("use its topics"),
            GroupAuthorizationFailedError: self._no_right("read as the group in bus.group"),
            AuthorizationError: self._no_right("do that"),
        }
        if type(error) is KafkaError and "AuthorizationFailedError" in str(error):  # the client names the kind only
            return self._no_right("publish")
        return next((remedy for kind, remedy in remedies.items() if isinstance(error, kind)), None)

    def _no_right(self, action: str) -> str:
        user = f"user {self.user}" if self.user else "this client"
        return f"{user} has no right to {action}; grant those in docs/configuration.md, section bus"

    def closed(self, address: tuple[str, int], timeout_s: float) -> str:
        """Return problem and remedy for a broker that accepts connections and closes them without an answer."""
        if self.tls is None and _speaks_tls(address, timeout_s):
            protocol = "SASL_SSL" if self.user else "SSL or SASL_SSL"
            return f"expects TLS; set bus.security_protocol to {protocol}"
        reasons = ["is starting"]
        if self.user:
            reasons.append(
                f"refuses user {self.user}, the password or {self.mechanism} (bus.user, bus.password, "
                "bus.sasl_mechanism)"
            )
        else:
            reasons.append("wants a user (bus.security_protocol SASL_...)")
        if self.tls is not None:
            reasons.append("wants a client certificate (bus.certificate_file)")
        return f"accepts connections and does not answer; perhaps it {', or '.join(reasons)}"


def _speaks_tls(address: tuple[str, int], timeout_s: float) -> bool:
    """Whether a TLS handshake works. Nothing is sent over the connection, so the certificate is not checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with suppress(OSError), socket.create_connection(address, timeout=timeout_s) as connection:
        context.wrap_socket(connection).close()
        return True
    return False


def _tls_context(bus: BusConfig) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if bus.ca_file is None else str(bus.ca_file))
    except OSError as error:
        raise _unusable("ca_file", bus.ca_file, error, "certificates of authorities in PEM") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if bus.certificate_file is not None:
        try:
            context.load_cert_chain(bus.certificate_file, password=lambda: b"")  # without a prompt on the terminal
        except OSError as error:
            what = "a certificate and its key in PEM, without a password"
            raise _unusable("certificate_file", bus.certificate_file, error, what) from error
    return context


def _password(bus: BusConfig) -> str:
    if bus.password_file is None:
        assert bus.password is not None
        return bus.password.get_secret_value()
    what = "the password as UTF-8 text"
    try:
        password = bus.password_file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeError) as error:
        raise _unusable("password_file", bus.password_file, error, what) from error
    if not password:
        raise UserError(f"bus.password_file: {bus.password_file} is empty; write {what} into it")
    remember_secrets([password])
    return password


def _unusable(key: str, path: Path | None, error: Exception, what: str) -> UserError:
    is_missing = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
    reason = getattr(error, "strerror", None) if is_missing else "its content cannot be used"
    return UserError(f"bus.{key}: {path}: {reason}; give a readable file with {what}")
