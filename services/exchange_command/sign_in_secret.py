"""What opens one bridge; apart, since what makes it takes long to load."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignIn:
    """What opens one bridge. `codes`: the secret that an app would hold. `token`: for the API."""

    name: str
    password: str
    codes: str
    token: str
