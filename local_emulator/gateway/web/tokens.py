"""JSON Web Tokens of an HTTP API's JWT authorizer: really verified, with the issuer's own keys (case G9).

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_emulator.model import JwtAuthorizer

if TYPE_CHECKING:
    from jwt import PyJWKClient

logger = logging.getLogger(__name__)

_ALGORITHMS = ("RS256", "RS384", "RS512")
"""API Gateway supports RSA only."""
_ISSUER_SECONDS = 5.0
_KEYS_SECONDS = 2 * 3600
"""API Gateway caches the issuer's keys for two hours."""
_RETRY_SECONDS = 5.0
"""An issuer that does not answer is not asked again at once."""


class InvalidTokenError(Exception):
    """A token that is not accepted; the message is what `www-authenticate` says of it."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """An accepted token."""

    claims: Mapping[str, str]
    """As events carry them: texts."""
    scopes: tuple[str, ...]


class Verifier:
    """Verifies the tokens of one authorizer."""

    def __init__(self, authorizer: JwtAuthorizer) -> None:
        self._authorizer = authorizer
        self._keys: PyJWKClient | None = None
        self._failed_at = float("-inf")

    async def verify(self, text: str) -> Token:
        """An accepted token's claims.

        Raises:
            InvalidTokenError: signature, issuer, audience or time are wrong, or the issuer cannot be asked.
        """
        return await asyncio.to_thread(self._verify, text.removeprefix("Bearer ").strip())

    def _verify(self, text: str) -> Token:
        import jwt

        try:
            key = self._client().get_signing_key_from_jwt(text)
            claims = jwt.decode(
                text,
                key.key,
                algorithms=list(_ALGORITHMS),
                issuer=self._authorizer.issuer,
                options={"verify_aud": False, "require": ["exp"]},
            )
        except (jwt.PyJWKClientConnectionError, OSError, ValueError, KeyError) as error:
            raise self._unreachable(error) from error
        except jwt.PyJWTError as error:
            raise InvalidTokenError(str(error)) from error
        audience = claims.get("aud", claims.get("client_id"))
        given = {audience} if isinstance(audience, str) else set(audience or ())
        if not given & set(self._authorizer.audience):
            raise InvalidTokenError("invalid audience")
        return Token(
            claims={name: _text(value) for name, value in claims.items()}, scopes=tuple(_scopes(claims))
        )

    def _client(self) -> PyJWKClient:
        if self._keys is None:
            import httpx
            from jwt import PyJWKClient

            if time.monotonic() < self._failed_at + _RETRY_SECONDS:
                raise OSError("it did not answer a moment ago")
            discovery = f"{self._authorizer.issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                answer = httpx.get(discovery, timeout=_ISSUER_SECONDS, follow_redirects=True)
                answer.raise_for_status()
            except httpx.HTTPError as error:
                raise OSError(str(error)) from error
            uri = str(answer.json()["jwks_uri"])
            self._keys = PyJWKClient(uri, timeout=int(_ISSUER_SECONDS), lifespan=_KEYS_SECONDS)
        return self._keys

    def _unreachable(self, error: Exception) -> InvalidTokenError:
        self._failed_at = time.monotonic()
        logger.warning(
            "the issuer %s of the JWT authorizer %s cannot be asked for its keys, so every token is refused: %s",
            self._authorizer.issuer,
            self._authorizer.name,
            error,
        )
        return InvalidTokenError("OIDC discovery endpoint communication error")


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    given = claims.get("scope", claims.get("scp", ""))
    return given.split() if isinstance(given, str) else [str(scope) for scope in given]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"[{' '.join(map(str, value))}]" if isinstance(value, list) else str(value)
