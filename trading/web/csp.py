"""Security headers on every response: no inline script or style, nothing from elsewhere, never in another's frame."""

from litestar.types import Message, Scope

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    # A page may show what only this person may see: nothing on the way keeps a copy.
    (b"cache-control", b"no-store"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class SecurityHeaders:
    """Litestar `before_send` hook, so that routing's own 404 and 405 carry them too.

    A header the handler has set itself (a stricter policy, a cache rule) is kept.
    """

    def __init__(self, *, https: bool) -> None:
        self.headers = (*HEADERS, HSTS) if https else HEADERS

    async def __call__(self, message: Message, _: Scope) -> None:
        """Add what is missing when a response starts."""
        if message["type"] != "http.response.start":
            return
        headers = list(message["headers"])
        present = {name.lower() for name, _value in headers}
        message["headers"] = [*headers, *(pair for pair in self.headers if pair[0] not in present)]
