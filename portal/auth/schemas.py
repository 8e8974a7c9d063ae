"""JSON of sign-in and of the session."""

from pydantic import BaseModel, ConfigDict, Field

from portal.auth.users import Role
from portal.schemas import ApiModel


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
