"""Settings of the event bus: the Kafka brokers, and how a client proves its right to use them."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from pipelines.config.section import Section


def _as_one_text(value: Any) -> Any:
    return ",".join(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else value


class BusConfig(Section):
    """The event bus."""

    kafka: Annotated[str | None, BeforeValidator(_as_one_text)] = Field(default=None, repr=False)
    """Kafka bootstrap servers, `host:9092,host2:9092`. Without them, events stay inside the process."""
    group: str = "simpang-store"
    """Consumer group of `simpang store`: processes of one group share the events."""
    worker_group: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")] = None
    """Consumer group in which workers share the cameras of the registry (`simpang cameras`), such as
    `simpang-workers`. Without it, `simpang worker` analyses all cameras of this file."""
    worker_name: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")] = None
    """Name of this worker in its group, the same after a restart. Without it, the name of the machine."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """Protocol of the listener: `SSL` is TLS, `SASL` is a user with a password. `SASL_PLAINTEXT` does not encrypt."""
    sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    """Mechanism by which the user proves the password, with SASL."""
    user: str | None = None
    """User of the brokers, with SASL. `simpang worker` needs the right Write on the topics `traffic.*`, `simpang store`
    Read on them and on `group`, `simpang run` both. Create is needed where the topics do not exist."""
    password: SecretStr | None = None
    """Password of the user. Better in `SIMPANG_BUS__PASSWORD` or `password_file` than in this file."""
    password_file: Path | None = None
    """File that contains the password, relative to this file, instead of `password`."""
    ca_file: Path | None = None
    """PEM file with the authorities that sign the brokers' certificates, relative to this file. Without it, those of
    the system."""
    certificate_file: Path | None = None
    """PEM file with the certificate of this client and its key, relative to this file, where the brokers demand one."""

    @property
    def has_sasl(self) -> bool:
        """Whether the client names a user."""
        return self.security_protocol.startswith("SASL_")

    @property
    def has_tls(self) -> bool:
        """Whether the client uses TLS."""
        return self.security_protocol.endswith("SSL")

    @model_validator(mode="after")
    def _security_is_complete(self) -> Self:
        if self.has_sasl:
            if not self.user:
                raise ValueError(f"security_protocol {self.security_protocol} needs a user; set bus.user")
            if (self.password is None) == (self.password_file is None):
                raise ValueError("with SASL, set one of bus.password and bus.password_file")
        elif self.user or self.password or self.password_file:
            raise ValueError("user and password need SASL; set bus.security_protocol to SASL_SSL")
        if not self.has_tls and (self.ca_file or self.certificate_file):
            raise ValueError("ca_file and certificate_file need TLS; set bus.security_protocol to SASL_SSL or SSL")
        return self

    def below(self, folder: Path) -> Self:
        """Return these settings with paths that start at `folder`."""
        names = ("password_file", "ca_file", "certificate_file")
        paths = {name: getattr(self, name) for name in names}
        return self.model_copy(update={name: folder / path for name, path in paths.items() if path is not None})
