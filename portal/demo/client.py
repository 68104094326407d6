"""A person of a demonstration as the platform sees one: an HTTP client with its own login, cookies and CSRF token.

Nothing here imports a service or speaks SQL; what a demonstration does, any program could do.
"""

import time
from typing import Any, Self

import httpx
import pyotp

from portal.demo.people import PASSWORD

SIGN_IN_REFUSED = "parties.sign_in_refused"
_TIMEOUT = httpx.Timeout(120.0, connect=10.0)


class Refusal(Exception):
    """The platform said no; `code` is its stable code."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')} {problem.get('fields') or ''}")
        self.status, self.code, self.problem = status, str(problem.get("code")), problem


class Client:
    """Anyone; signed in after `sign_in`."""

    def __init__(self, base_url: str, *, headers: dict[str, str] | None = None) -> None:
        self.http = httpx.Client(
            base_url=base_url, timeout=_TIMEOUT, headers={"accept": "application/json", **(headers or {})}
        )
        self.csrf = ""

    def sign_in(self, login: str, totp_secret: str | None = None, password: str = PASSWORD) -> Self:
        """Sign in; staff with the second factor, whose code is good once: was it used, the next one is taken."""
        body = {"login": login, "password": password}
        self.csrf = str(self.get("/v1/session")["csrf"])
        if totp_secret:
            codes = pyotp.TOTP(totp_secret)
            try:
                signed_in = self.post("/v1/session", {**body, "totp": codes.now()})
            except Refusal as refusal:
                if refusal.code != SIGN_IN_REFUSED:
                    raise
                signed_in = self.post("/v1/session", {**body, "totp": codes.at(int(time.time()) + codes.interval)})
        else:
            signed_in = self.post("/v1/session", body)
        self.csrf = str(signed_in["csrf"])
        return self

    def request(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """One call; a problem answer becomes `Refusal`."""
        headers = dict(kwargs.pop("headers", None) or {})
        if self.csrf:
            headers.setdefault("x-csrf-token", self.csrf)
        response = self.http.request(method, path, headers=headers, **kwargs)
        if response.status_code >= 400:
            problem = (
                response.json()
                if "json" in response.headers.get("content-type", "")
                else {"title": response.text[:300]}
            )
            raise Refusal(response.status_code, problem)
        return response

    def get(self, path: str, **params: Any) -> Any:
        """GET of JSON."""
        return self.request("GET", path, params=params or None).json()

    def raw(self, path: str) -> bytes:
        """GET of bytes."""
        return self.request("GET", path).content

    def post(self, path: str, body: object | None = None, **headers: str) -> Any:
        """POST of JSON; the answer's JSON, or None."""
        response = self.request("POST", path, json=body if body is not None else {}, headers=headers)
        return response.json() if response.content else None

    def close(self) -> None:
        """Let the connection go."""
        self.http.close()
