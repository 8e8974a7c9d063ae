"""JSON of sign-in, of sessions and of accounts."""

from pydantic import BaseModel, ConfigDict, Field

from portal.auth.users import Role
from portal.schemas import ApiModel, Utc


class SessionUser(ApiModel):
    """Name and roles of a signed-in user."""

    name: str
    roles: list[Role]


class Session(ApiModel):
    """The user of a session, null without one."""

    user: SessionUser | None


class SignIn(BaseModel):
    """Credentials."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    password: str = Field(max_length=1000)
    code: str = Field(
        default="", max_length=40, description="One-time or recovery code, for an account that is asked for it (428)."
    )


class OpenSession(ApiModel):
    """An open session of an account."""

    id: str
    name: str
    current: bool = Field(description="Whether it is the session of this request.")
    network: str = Field(description="`IPv4`, `IPv6` or empty; no address is stored.")
    browser: str = Field(description="Name of the browser and of its system, empty for another program.")
    created_at: Utc
    seen_at: Utc = Field(description="Time of the last request, to the minute.")
    expires_at: Utc = Field(description="Time at which it ends, if not earlier after three hours without a request.")


class OpenSessions(ApiModel):
    """Open sessions, the last used first."""

    sessions: list[OpenSession]


class PasswordChange(BaseModel):
    """The present password of the account, and the next one."""

    model_config = ConfigDict(extra="forbid")

    present: str = Field(max_length=1000)
    next: str = Field(max_length=1000)


class AccountRights(BaseModel):
    """Roles of an account, and the cameras for which they count: empty lists for all."""

    model_config = ConfigDict(extra="forbid")

    roles: list[Role] = Field(min_length=1, max_length=4)
    owners: list[str] = Field(max_length=100)
    groups: list[str] = Field(max_length=100)


class NewAccount(AccountRights):
    """A new account. The first password is to be changed by its user."""

    name: str = Field(max_length=63)
    password: str = Field(max_length=1000)


class AccountChange(AccountRights):
    """What an account is changed to."""

    disabled: bool


class NewPassword(BaseModel):
    """A password."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(max_length=1000)


class Account(ApiModel):
    """An account."""

    name: str
    roles: list[Role]
    owners: list[str]
    groups: list[str]
    disabled: bool
    configured: bool = Field(description="Whether it is in the configuration, which alone can change it.")
    cameras: int = Field(description="Number of cameras for which its roles count.")


class Accounts(ApiModel):
    """Accounts, by name."""

    accounts: list[Account]
    owners: list[str] = Field(description="Owners of the cameras for which the admin may give rights.")
    groups: list[str] = Field(description="Groups of these cameras.")


class PasswordOnly(BaseModel):
    """The password of the own account, once more."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(max_length=1000)


class CodesSetUp(PasswordOnly):
    """A secret that an application has taken over, and its present code."""

    secret: str = Field(max_length=100)
    code: str = Field(max_length=40)


class CodesRemoval(PasswordOnly):
    """The password of the own account, and a one-time or recovery code."""

    code: str = Field(max_length=40)


class CodesState(ApiModel):
    """Whether an account is asked for one-time codes."""

    active: bool


class NewSecret(ApiModel):
    """A secret for an application that shows one-time codes."""

    secret: str
    address: str = Field(description="`otpauth:` address, which applications take over.")


class RecoveryCodes(ApiModel):
    """Codes each of which replaces a one-time code once."""

    codes: list[str]
