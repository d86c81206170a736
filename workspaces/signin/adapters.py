"""Hands our connections to django-allauth, and shuts every other way through it.

allauth completes a sign-in for an identity that `services.entrance` has admitted and
linked; it may not create people, match them by e-mail, or connect further identities.
"""

import base64
from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.core.exceptions import PermissionDenied

from kit import sealing
from workspaces.signin import selectors
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.identities import uid_of

_SECOND_STEP = b"allauth.mfa second step"


class AccountAdapter(DefaultAccountAdapter):
    """No sign-up by oneself, and no toast for what the next page shows anyway."""

    def is_open_for_signup(self, request: Any) -> bool:  # noqa: ARG002
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The page after sign-in is the message."""

    def get_login_stages(self) -> list[str]:
        """No further step: the provider has proven its person, a second step is part
        of break-glass alone, and allauth's pages for it are not mounted."""
        return []

    def get_client_ip(self, request: Any) -> str:
        """The address of the connection; a proxy in front sets it, no header does."""
        return str(request.META.get("REMOTE_ADDR", ""))


class MfaAdapter(DefaultMFAAdapter):
    """Seals the secrets of second steps under the installation's key."""

    def encrypt(self, text: str) -> str:
        sealed = sealing.installation_keys().wrap(text.encode(), aad=_SECOND_STEP)
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        sealed = base64.b64decode(encrypted_text, validate=True)
        return sealing.installation_keys().unwrap(sealed, aad=_SECOND_STEP).decode()


class ConnectionAdapter(DefaultSocialAccountAdapter):
    """Derives allauth's SocialApp from our connection; none is ever stored."""

    def list_apps(
        self,
        request: Any,  # noqa: ARG002
        provider: Any = None,
        client_id: Any = None,
    ) -> list[SocialApp]:
        if client_id is None or provider not in {None, SAMLProvider.id}:
            return []
        found = selectors.connection_by_slug(slug=client_id)
        return [] if found is None else [app_of(slug=found.slug, uuid=found.public_id)]

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:  # noqa: ARG002
        return False

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:  # noqa: ARG002
        return False

    def is_email_verified(self, provider: Any, email: str) -> bool:  # noqa: ARG002
        return False

    def pre_social_login(self, request: Any, sociallogin: Any) -> None:  # noqa: ARG002
        """The last fence: only a linked identity, only to sign in."""
        is_login = sociallogin.state.get("process") == AuthProcess.LOGIN
        if not is_login or not sociallogin.is_existing:
            raise PermissionDenied


class ConnectionProvider(SAMLProvider):
    """Reads a verified assertion in place of a raw answer, and keeps none of it."""

    def extract_uid(self, data: VerifiedAssertion) -> str:
        return uid_of(data.name_id)

    def extract_extra_data(self, data: VerifiedAssertion) -> dict[str, str]:  # noqa: ARG002
        return {}

    def extract_common_fields(self, data: VerifiedAssertion) -> dict[str, str]:  # noqa: ARG002
        return {}


def app_of(*, slug: str, uuid: UUID) -> SocialApp:
    """The unsaved app whose account namespace is the connection's own id."""
    return SocialApp(
        provider=SAMLProvider.id, provider_id=str(uuid), client_id=slug, name=slug[:40]
    )
