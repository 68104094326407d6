"""What people and programs send: the same structs for a form and for JSON."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from trading.parties.rules import PASSWORD_MAX

Login = Annotated[str, Meta(min_length=1, max_length=64, title="parties.login")]
Password = Annotated[str, Meta(min_length=1, max_length=PASSWORD_MAX, title="parties.password")]
Code = Annotated[str, Meta(max_length=16, title="parties.totp", description="parties.totp.hint")]
Address = Annotated[str, Meta(max_length=2000)]


class SignIn(Struct, frozen=True):
    """Credentials; `next` is the page the person was on the way to."""

    login: Login
    password: Password
    totp: Code = ""
    next: Address = ""


class StepUp(Struct, frozen=True):
    """Fresh proof: the code where there is a second factor, the password where there is none."""

    password: Annotated[str, Meta(max_length=PASSWORD_MAX, title="parties.password")] = ""
    totp: Annotated[str, Meta(max_length=16, title="parties.totp")] = ""
    next: Address = ""


class Switch(Struct, frozen=True):
    """The membership to act in."""

    membership_id: Annotated[UUID, Meta(title="parties.switch.choice")]


class ChangePassword(Struct, frozen=True):
    """The password now, and the new one twice: nobody sees what he types."""

    current: Annotated[str, Meta(min_length=1, max_length=PASSWORD_MAX, title="parties.password.current")]
    password: Annotated[
        str,
        Meta(
            min_length=1, max_length=PASSWORD_MAX, title="parties.password.new", description="parties.password.new.hint"
        ),
    ]
    again: Annotated[str, Meta(min_length=1, max_length=PASSWORD_MAX, title="parties.password.again")]


class MakeToken(Struct, frozen=True):
    """A token for a program."""

    name: Annotated[
        str, Meta(min_length=1, max_length=100, title="parties.token.name", description="parties.token.name.hint")
    ]
    scopes: Annotated[list[str], Meta(min_length=1, max_length=12, title="parties.token.scopes")]


class RequestCertificate(Struct, frozen=True):
    """A public key (32 bytes, hex) and what proves that its owner asks."""

    public_key: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", title="parties.certificate.key")]
    possession: Annotated[str, Meta(pattern="^[0-9a-f]{128}$")]


class RegisterOrganisation(Struct, frozen=True):
    """A new organisation."""

    uscc: Annotated[
        str, Meta(min_length=1, max_length=40, title="parties.uscc", description="parties.organisation.uscc.hint")
    ]
    name: Annotated[str, Meta(min_length=1, max_length=100, title="parties.organisation.name")]
    kind: Annotated[str, Meta(title="parties.organisation.kind")]


class Enrol(Struct, frozen=True):
    """A new person with account and membership."""

    person: Annotated[str, Meta(min_length=1, max_length=50, title="parties.person.name")]
    uscc: Annotated[
        str, Meta(min_length=1, max_length=40, title="parties.uscc", description="parties.person.uscc.hint")
    ]
    roles: Annotated[list[str], Meta(min_length=1, max_length=12, title="parties.roles")]
    login: Annotated[
        str, Meta(min_length=1, max_length=64, title="parties.login", description="parties.person.login.hint")
    ]
    password: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=PASSWORD_MAX,
            title="parties.password.first",
            description="parties.password.first.hint",
        ),
    ]


class GrantMembership(Struct, frozen=True):
    """A further membership of a person."""

    uscc: Annotated[
        str, Meta(min_length=1, max_length=40, title="parties.uscc", description="parties.person.uscc.hint")
    ]
    roles: Annotated[list[str], Meta(min_length=1, max_length=12, title="parties.roles")]


class Invite(Struct, frozen=True):
    """Somebody to be let in; the organisation is one's own unless an administrator names another."""

    person: Annotated[
        str,
        Meta(min_length=1, max_length=50, title="parties.person.name", description="parties.invitation.person.hint"),
    ]
    roles: Annotated[list[str], Meta(min_length=1, max_length=12, title="parties.roles")]
    days: Annotated[
        int, Meta(ge=1, le=14, title="parties.invitation.days", description="parties.invitation.days.hint")
    ] = 3
    uscc: Annotated[str, Meta(max_length=40, title="parties.uscc", description="parties.person.uscc.hint")] | None = (
        None
    )


class Join(Struct, frozen=True):
    """What the invited person chooses: login and password, and for staff proof that the second factor is kept."""

    login: Annotated[
        str, Meta(min_length=1, max_length=64, title="parties.login", description="parties.person.login.hint")
    ]
    password: Annotated[
        str,
        Meta(min_length=1, max_length=PASSWORD_MAX, title="parties.password", description="parties.password.new.hint"),
    ]
    again: Annotated[str, Meta(min_length=1, max_length=PASSWORD_MAX, title="parties.password.again")]
    totp: Annotated[str, Meta(max_length=16, title="parties.totp", description="parties.join.totp.hint")] = ""


class JoinBy(Struct, frozen=True):
    """The same for a program; the link's secret is in the body, so that it stands in no log of addresses."""

    secret: Annotated[str, Meta(min_length=1, max_length=100)]
    login: Login
    password: Password
    totp: Code = ""


class Invited(Struct, frozen=True):
    """The secret of a link."""

    secret: Annotated[str, Meta(min_length=1, max_length=100)]
