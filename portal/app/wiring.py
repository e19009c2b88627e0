"""Ports to adapters: what each context declared that it needs, answered here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, g

from portal import billing, identity, intake, scheduling
from portal.app.processes import Process
from portal.audit import record_denial
from portal.billing.ports import CardGateway
from portal.consent import RenderConsentPdf
from portal.consent.ports import PdfRenderer
from portal.identity.ports import SignInProvider
from portal.identity.routes.lock_door import ask_unlock
from portal.identity.routes.step_up import ask_step_up
from portal.intake.ports import Scanner
from portal.kernel.config import Settings
from portal.kernel.db import PortalSession
from portal.kernel.money import Money
from portal.kernel.objects import SweepObjects
from portal.kernel.principal import NO_TENANT, Principal
from portal.kernel.tasks import register_outside
from portal.notifications import SEND, SEND_CODE, SendMessage, queue_code, queue_mail
from portal.notifications.ports import EmailSender, SmsSender
from portal.patients import emergency_until
from portal.tenancy import clinic_by_slug
from portal.web.access import Door
from portal.web.ports import Clinic, ClinicResolver


@dataclass(frozen=True, kw_only=True)
class Adapters:
    """Ways to the partners."""

    email: EmailSender
    sms: SmsSender
    cards: CardGateway
    pdf: PdfRenderer
    scanner: Scanner


def real_adapters(settings: Settings) -> Adapters:
    """Adapters to the partners that the settings name."""
    from portal.integrations.email import SmtpEmailSender
    from portal.integrations.http import partner_networks
    from portal.integrations.pdf import WeasyPrintRenderer
    from portal.integrations.scanner import ClamdScanner
    from portal.integrations.sms import TwilioSmsSender

    return Adapters(
        email=SmtpEmailSender(
            host=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value(),
            security=settings.smtp_security,
            sender=settings.mail_from,
        ),
        sms=TwilioSmsSender(
            url=settings.twilio_url,
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            sender=settings.twilio_from,
            networks=partner_networks(settings),
        ),
        cards=card_gateway(settings),
        pdf=WeasyPrintRenderer(),
        scanner=ClamdScanner(settings.clamd_address),
    )


def card_gateway(settings: Settings) -> CardGateway:
    """The gateway that takes cards: workers look payments up and refund, the web opens payment pages."""
    from portal.integrations.cards import StripeCardGateway
    from portal.integrations.http import partner_networks

    return StripeCardGateway(
        url=settings.stripe_url,
        secret_key=settings.stripe_secret_key.get_secret_value(),
        webhook_secret=settings.stripe_webhook_secret.get_secret_value(),
        networks=partner_networks(settings),
    )


def wire_outside(process: Process, adapters: Adapters | None = None) -> None:
    """Give the calls to the outside their adapters."""
    adapters = adapters or real_adapters(process.settings)
    settings = process.settings
    for kind in (SEND, SEND_CODE):
        register_outside(
            SendMessage(
                kind,
                email=adapters.email,
                sms=adapters.sms,
                public_url=settings.public_url,
                mail_domain=parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost",
            )
        )
    register_outside(RenderConsentPdf(renderer=adapters.pdf, objects=process.objects))
    register_outside(intake.ScanPhoto(scanner=adapters.scanner, objects=process.objects))
    register_outside(billing.RenderReceipt(renderer=adapters.pdf, objects=process.objects))
    register_outside(billing.LookUpPayment(adapters.cards))
    register_outside(billing.RefundPayment(adapters.cards))
    register_outside(SweepObjects(process.objects))


def wire_intake(settings: Settings) -> None:
    """Whether photos are looked at before they open."""
    intake.wire(intake.Scanning(on=bool(settings.clamd_address), open_unscanned=settings.open_unscanned))


def wire_identity(settings: Settings, *, single_sign_on: SignInProvider | None = None) -> None:
    """How codes are sent, where a sign-in leads, and the limits that the settings name."""
    codes = replace(
        identity.LIMITS["code"], target=settings.codes_per_target_hour, address=settings.codes_per_address_hour
    )
    rules = identity.SignInRules(
        code_minutes=settings.code_minutes,
        code_tries=settings.code_tries,
        limits={**identity.LIMITS, "code": codes},
        session=timedelta(hours=settings.session_hours),
        idle=timedelta(minutes=settings.session_idle_minutes),
    )
    identity.wire(
        identity.Wiring(
            send_code=queue_code,
            send_mail=queue_mail,
            landing=landing,
            rules=rules,
            passkeys=passkey_place(settings),
            emergency_until=emergency_until,
            single_sign_on=single_sign_on,
            public_url=settings.public_url.rstrip("/"),
        )
    )


def identity_providers(settings: Settings) -> SignInProvider:
    """The way to whichever provider a clinic's administrator has named."""
    from portal.integrations.http import partner_networks
    from portal.integrations.oidc import OidcProvider

    return OidcProvider(networks=partner_networks(settings))


def passkey_place(settings: Settings) -> identity.PasskeyPlace:
    """The host and the origins of passkeys: those of the public address where nothing else is set."""
    public = urlsplit(settings.public_url)
    return identity.PasskeyPlace(
        host=settings.passkey_host or public.hostname or "localhost",
        origins=settings.passkey_origins or (f"{public.scheme}://{public.netloc}",),
    )


def landing(principal: Principal) -> str:
    """Where somebody goes after signing in: staff to their own start, patients home."""
    clinic = f"/{g.clinic.slug}"
    return f"{clinic}/staff/" if principal.is_staff else f"{clinic}/home"


def door_of(process: Process, *, now: Callable[[], datetime]) -> Door:
    """The web's door over this process."""
    return Door(
        database=process.database,
        objects=process.objects,
        resolve_clinic=clinic_resolver(process, now=now),
        load_principal=identity.load_principal,
        touch_session=identity.touch_session,
        record_denial=record_denial,
        step_up=ask_step_up,
        ask_unlock=ask_unlock,
        now=now,
    )


def wire_web(app: Flask, process: Process) -> None:
    """What the routes of contexts need of others."""
    wire_identity(process.settings, single_sign_on=identity_providers(process.settings))
    wire_intake(process.settings)
    billing.wire(gateway=card_gateway(process.settings), public_url=process.settings.public_url)
    scheduling.wire(price_quote=price_quote)


def price_quote(session: PortalSession, *, visit_type_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Money]:
    """What visit types cost."""
    return billing.prices_of(session, visit_type_ids, at=now)


#: So long a process goes on showing how a clinic looked.
CLINIC_KEPT = timedelta(seconds=30)


def clinic_resolver(process: Process, *, now: Callable[[], datetime]) -> ClinicResolver:
    """Looks clinics up by name, and remembers each for half a minute: name, colours and logo may change."""
    names = [field.name for field in fields(Clinic)]
    known: dict[str, tuple[datetime, Clinic]] = {}

    def resolve(slug: str) -> Clinic | None:
        at = now()
        if slug not in known or abs(at - known[slug][0]) > CLINIC_KEPT:
            with process.database.transaction(Principal.visitor(tenant_id=NO_TENANT)) as session:
                row = clinic_by_slug(session, slug=slug)
                if row is None:
                    return None
                known[slug] = (at, Clinic(**{name: getattr(row, name) for name in names}))
        return known[slug][1]

    return resolve
