"""The reader's language, zone and formats, for pages, messages and PDFs alike.

`use_locale` sets them for a block; `gettext` and the format functions read them. English source text is the message id.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.dates import format_time as babel_time
from babel.dates import get_timezone_name
from babel.lists import format_list as babel_list
from babel.numbers import format_currency, format_decimal
from babel.support import LazyProxy, NullTranslations, Translations

from portal.kernel.bidi import inserted, settled
from portal.kernel.money import Money
from portal.kernel.regional import numerals, regional

LOCALES_DIR = Path(__file__).resolve().parents[2] / "locales"
#: What patients read, by its own name.
LANGUAGES = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "pt": "Português",
    "ar": "العربية",
    "hi": "हिन्दी",
    "bn": "বাংলা",
    "sw": "Kiswahili",
    "vi": "Tiếng Việt",
    "zh": "简体中文",
    "ht": "Kreyòl ayisyen",
    "tl": "Tagalog",
}
#: In which of them the pages of staff are.
STAFF_LANGUAGES = {code: LANGUAGES[code] for code in ("en", "es", "fr", "pt", "ar")}
#: What browsers and other systems call some of them.
ALIASES = {"fil": "tl", "cmn": "zh"}


@lru_cache
def _babel(language: str) -> Locale:
    # A Locale reads its data anew; a page of free times asks for it hundreds of times.
    return Locale.parse(language, sep="-")


@lru_cache
def _direction(language: str) -> str:
    return _babel(language).text_direction


@dataclass(frozen=True, slots=True)
class ReaderLocale:
    """A language (BCP 47) and a zone (IANA)."""

    language: str
    zone: str

    @property
    def babel(self) -> Locale:
        return _babel(self.language)

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl"."""
        return _direction(self.language)

    @property
    def tzinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


_UNSET = ReaderLocale("en", "UTC")
_current: ContextVar[ReaderLocale] = ContextVar("reader_locale", default=_UNSET)
#: Languages in which the reader got clinic-written text, since there is none in theirs; None: nobody asks.
_instead: ContextVar[set[str] | None] = ContextVar("instead", default=None)


def current_locale() -> ReaderLocale:
    """The reader's locale of this request, job or block."""
    return _current.get()


def set_locale(locale: ReaderLocale) -> None:
    """Set for the rest of this context (the web's door, once a request)."""
    _current.set(locale)
    _instead.set(set())


@contextmanager
def use_locale(language: str, zone: str) -> Iterator[ReaderLocale]:
    """Set for a block: a message or a PDF for somebody else's eyes."""
    chosen = ReaderLocale(known_language(language), zone)
    token, before = _current.set(chosen), _instead.set(set())
    try:
        yield chosen
    finally:
        _instead.reset(before)
        _current.reset(token)


def known_language(language: str | None, default: str = "en") -> str:
    """The nearest language that the portal speaks."""
    if language in LANGUAGES:
        return str(language)
    if language:
        base = language.replace("_", "-").partition("-")[0].lower()
        base = ALIASES.get(base, base)
        if base in LANGUAGES:
            return base
    return default


@lru_cache
def _catalog(language: str) -> NullTranslations:
    return Translations.load(str(LOCALES_DIR), [language.replace("-", "_")], domain="messages")


def gettext(message: str, **values: Any) -> str:
    """The message in the reader's language, placeholders filled; what would turn the sentence is isolated."""
    return _filled(_catalog(current_locale().language).ugettext(message), values)


def ngettext(singular: str, plural: str, num: int, **values: Any) -> str:
    """By the language's plural rules; `%(num)s` is filled with the number in the reader's digits."""
    text = _catalog(current_locale().language).ungettext(singular, plural, num)
    return _filled(text, {"num": format_number(num), **values})


def pgettext(context: str, message: str, **values: Any) -> str:
    """Like gettext, where one English word has several meanings: the context tells translators which."""
    return _filled(_catalog(current_locale().language).upgettext(context, message), values)


def npgettext(context: str, singular: str, plural: str, num: int, **values: Any) -> str:
    """Like ngettext, with a context."""
    text = _catalog(current_locale().language).unpgettext(context, singular, plural, num)
    return _filled(text, {"num": format_number(num), **values})


def _filled(text: object, values: Mapping[str, Any]) -> str:
    return str(text) % inserted(values, current_locale().direction) if values else str(text)


def lazy_gettext(message: str, **values: Any) -> Any:
    """Like gettext, evaluated when it is read: for labels declared at import."""
    return LazyProxy(gettext, message, enable_cache=False, **values)


def lazy_pgettext(context: str, message: str, **values: Any) -> Any:
    """Like pgettext, evaluated when it is read."""
    return LazyProxy(pgettext, context, message, enable_cache=False, **values)


def zone_name(instant: datetime, zone: str | None = None) -> str:
    """The zone's name as the reader knows it at that instant, for example "Eastern Daylight Time"."""
    locale = current_locale()
    local = instant.astimezone(ZoneInfo(zone or locale.zone))
    return str(get_timezone_name(local, width="long", locale=locale.babel))


def zone_in_words(zone: str) -> str:
    """The zone's name all year round, for example "Eastern Time"."""
    return _zone_in_words(zone, current_locale().language)


@lru_cache(maxsize=512)
def _zone_in_words(zone: str, language: str) -> str:
    # UTC belongs to no region, so it has no generic name
    variant: Literal["generic", "standard"] = "standard" if zone in ("UTC", "Etc/UTC") else "generic"
    return str(get_timezone_name(zone, width="long", locale=_babel(language), zone_variant=variant))


def format_datetime(instant: datetime, zone: str | None = None, *, named: bool = True, format: str = "medium") -> str:
    """Day and time in a zone (the reader's by default), with the zone's name unless `named` is False."""
    locale = current_locale()
    tz = ZoneInfo(zone or locale.zone)
    shown = _in_own_digits(babel_datetime(instant, format, tzinfo=tz, locale=locale.babel))
    if format == "medium":
        day = format_date(instant, tz.key, format="full")
        shown = gettext("%(day)s, %(time)s", day=day, time=format_time(instant, zone))
    return f"{shown} ({zone_name(instant, zone)})" if named else shown


def format_time(instant: datetime, zone: str | None = None) -> str:
    """Time of day in a zone."""
    locale = current_locale()
    return _unbroken(babel_time(instant, "short", tzinfo=ZoneInfo(zone or locale.zone), locale=locale.babel))


def format_clock(clock: time) -> str:
    """A wall-clock time without a day."""
    return _unbroken(babel_time(clock, "short", locale=current_locale().babel))


def _unbroken(clock: str) -> str:
    """A line does not end between the hour and its "a.m."."""
    return _in_own_digits(clock).replace(" ", "\u00a0")


def _in_own_digits(text: str) -> str:
    locale = current_locale()
    return text.translate(numerals(locale.language, locale.zone).digits)


def format_date(day: date | datetime, zone: str | None = None, *, format: str = "long") -> str:
    """A calendar day; an instant is first brought into the zone."""
    locale = current_locale()
    if isinstance(day, datetime):
        day = day.astimezone(ZoneInfo(zone or locale.zone)).date()
    return _in_own_digits(babel_date(day, format, locale=locale.babel))


def format_money(money: Money) -> str:
    """An amount with its currency."""
    locale = current_locale()
    own = numerals(locale.language, locale.zone)
    amount = format_currency(money.amount, money.currency, locale=own.locale, numbering_system="default")
    shown = amount.translate(own.digits)
    # Within right-to-left text the last sign of a Latin currency symbol would drift away from its letters.
    return f"{shown}\u200e" if locale.direction == "rtl" else shown


def price_in_words(price: Money) -> str:
    """What something costs, as part of a line."""
    return format_money(price) if price else gettext("free of charge")


def left_to_right(text: str) -> str:
    """A phone number or an address within a sentence: in right-to-left text its plus sign would go to the wrong end."""
    return f"\u2066{text}\u2069" if current_locale().direction == "rtl" else text


def format_number(number: int | float | Decimal) -> str:
    """A number in the reader's digits and grouping."""
    locale = current_locale()
    own = numerals(locale.language, locale.zone)
    return format_decimal(number, locale=own.locale, numbering_system="default").translate(own.digits)


def first_week_day() -> int:
    """On which day the reader's week begins; Monday is 0."""
    locale = current_locale()
    return regional(locale.language, locale.zone).first_week_day


def format_list(items: list[str]) -> str:
    """Items joined as the language joins them; none turns the others."""
    locale = current_locale()
    return str(babel_list([settled(item, locale.direction) for item in items], locale=locale.babel))


def language_name(code: str) -> str:
    """A language's name in the reader's language."""
    try:
        return Locale.parse(code, sep="-").get_display_name(current_locale().babel) or code
    except (UnknownLocaleError, ValueError):
        return code


def own_text(texts: Mapping[str, str], language: str | None = None) -> tuple[str, str]:
    """Clinic-written text in the reader's language: (text, language it is in). Falls back to English, then to any."""
    wanted = language or current_locale().language
    for code in (wanted, "en", *texts):
        if texts.get(code):
            if language is None and code != wanted:
                _note_fallback(code)
            return texts[code], code
    return "", wanted


def _note_fallback(code: str) -> None:
    noted = _instead.get()
    if noted is not None:
        noted.add(code)


def languages_instead() -> str:
    """In which languages clinic-written text of this page is, in place of the reader's; "" where all is in theirs."""
    return format_list([language_name(code) for code in sorted(_instead.get() or ())])
