"""Identity providers over OpenID Connect: implements `portal.identity.ports.SignInProvider`."""

from portal.integrations.oidc.provider import OidcProvider

__all__ = ["OidcProvider"]
