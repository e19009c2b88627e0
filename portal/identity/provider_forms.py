"""The administrator's form of the clinic's identity provider."""

from typing import Any
from urllib.parse import urlsplit

from wtforms import BooleanField, IntegerField, PasswordField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from portal.identity.federation import ALGORITHMS, MAPPED_ROLES
from portal.identity.models import IdentityProvider
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import PortalForm, choices_of

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off", "dir": "ltr"}
MOST_GROUPS = 200


class ProviderForm(PortalForm):
    """Fields as IdentityProvider's columns; lists are written with spaces, groups one a line."""

    name: Any = StringField(
        _l("Name"),
        [InputRequired(), Length(max=60)],
        description=_l("Staff read it on the button with which they sign in."),
    )
    issuer: Any = StringField(
        _l("Issuer"),
        [InputRequired(), Length(max=500)],
        render_kw=_PLAIN,
        description=_l("An https address, as the provider writes it."),
    )
    client_id: Any = StringField(_l("Client ID"), [InputRequired(), Length(max=255)], render_kw=_PLAIN)
    client_secret: Any = PasswordField(
        _l("Client secret"),
        [Length(max=500)],
        render_kw={"autocomplete": "off"},
        description=_l("Leave it empty to keep the one that is stored."),
    )
    algorithms: Any = StringField(_l("Signature algorithms"), [InputRequired()], render_kw=_PLAIN)
    scopes: Any = StringField(_l("Scopes"), [Length(max=500)], render_kw=_PLAIN)
    acr_values: Any = StringField(
        _l("What the provider calls a sign-in with two factors (acr)"),
        [Length(max=1000)],
        render_kw=_PLAIN,
        description=_l("Without it, or with another one, we do as you choose next."),
    )
    weak_sign_in = RadioField(
        _l("A sign-in without two factors"),
        choices=choices_of([("ask", _l("Ask for a second factor of this portal")), ("refuse", _l("Refuse"))]),
    )
    max_age_seconds: Any = IntegerField(
        _l("Longest time since the sign-in at the provider, in seconds"),
        [Optional(), NumberRange(min=1, max=86_400)],
        description=_l("Empty: any time."),
    )
    groups_claim: Any = StringField(
        _l("Claim that lists the groups"), [InputRequired(), Length(max=100)], render_kw=_PLAIN
    )
    groups: Any = TextAreaField(
        _l("Roles by group"),
        [Length(max=20_000)],
        render_kw=_PLAIN,
    )
    own_sign_in = BooleanField(
        _l("Staff may also sign in with a password or passkey of this portal"),
        description=_l("Whoever had an account before links it with this. Switch it off when all have done so."),
    )
    is_on = BooleanField(_l("Switched on"))

    def offer(self) -> None:
        """What may be written, in the fields' own hints."""
        self.algorithms.description = _("Of: %(names)s", names=" ".join(ALGORITHMS))
        self.groups.description = _(
            "One a line: the group, an equals sign, the role. Without any, only staff who have an account can link it."
            " Roles: %(names)s",
            names=" ".join(MAPPED_ROLES),
        )

    def validate_issuer(self, field: Any) -> None:
        """An address without a query."""
        parts = urlsplit(str(field.data).strip())
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
            raise ValidationError(_("Write the issuer's address, for example https://login.example.com."))

    def validate_algorithms(self, field: Any) -> None:
        """Those that a public key checks."""
        if not set(str(field.data).split()) <= set(ALGORITHMS):
            raise ValidationError(_("Write only: %(names)s", names=" ".join(ALGORITHMS)))

    def validate_groups(self, field: Any) -> None:
        """Each line a group and a role."""
        pairs = self.pairs()
        if len(pairs) > MOST_GROUPS or any(
            not name or len(name) > 255 or role not in MAPPED_ROLES for name, role in pairs
        ):
            raise ValidationError(
                _(
                    "Write one line a group, for example: nurses = front_desk. Roles: %(names)s",
                    names=" ".join(MAPPED_ROLES),
                )
            )

    def pairs(self) -> list[tuple[str, str]]:
        """(group, role) of each line."""
        lines = [line for line in str(self.groups.data or "").splitlines() if line.strip()]
        parted = (line.rpartition("=") for line in lines)
        return [(name.strip(), role.strip()) for name, _equals, role in parted]

    def values(self) -> dict[str, Any]:
        """Columns by name."""
        lists = {name: self[name].data.split() for name in ("algorithms", "scopes", "acr_values")}
        texts = {name: self[name].data.strip() for name in ("name", "issuer", "client_id", "groups_claim")}
        rest = {name: self[name].data for name in ("weak_sign_in", "max_age_seconds", "own_sign_in", "is_on")}
        return {**lists, **texts, **rest}

    @staticmethod
    def values_of(row: IdentityProvider | None, groups: list[tuple[str, str]]) -> dict[str, Any]:
        """What the form shows at first."""
        if row is None:
            return {
                "algorithms": "RS256", "scopes": "profile email", "groups_claim": "groups", "weak_sign_in": "ask",
                "own_sign_in": True,
            }  # fmt: skip
        lists = {name: " ".join(getattr(row, name)) for name in ("algorithms", "scopes", "acr_values")}
        kept = (
            "name",
            "issuer",
            "client_id",
            "groups_claim",
            "weak_sign_in",
            "max_age_seconds",
            "own_sign_in",
            "is_on",
        )
        lines = "\n".join(f"{name} = {role}" for name, role in groups)
        return {**lists, **{name: getattr(row, name) for name in kept}, "groups": lines}
