"""What each component is shown with on its sheet, in the words of pages, so that it is shown in their languages too."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import current_app
from markupsafe import Markup

from portal.app.design.overview import NOON, SampleForm, examples
from portal.app.design.variants import Options, Sample, Sheet
from portal.kernel.locale import LANGUAGES, ngettext
from portal.kernel.locale import gettext as _
from portal.kernel.money import Money
from portal.web.translated import translated_field

NAME = "María Fernanda González Ibarra"
HERE = "#main"
#: A picture of one dot.
LOGO = "data:image/gif;base64,R0lGODlhAQABAIAAAAtdZgAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
MOODS = ("neutral", "info", "success", "warning", "danger")


def _within(words: str) -> Callable[[], Markup]:
    return lambda: Markup("<p>{}</p>").format(words)


def _always(**options: Any) -> Callable[[Sample], Options]:
    return lambda _s: dict(options)


def _drawn(component: str, *given: Any, **options: Any) -> Markup:
    """Another component, within the one that is shown."""
    draw: Callable[..., Markup] = getattr(current_app.jinja_env.globals["ui"], component)
    return draw(*given, **options)


def _button_of(text: str, *, kind: str) -> Markup:
    return _drawn("button", text, kind=kind, type="button")


def _actions(s: Sample) -> Options:
    buttons = ((_("Book this time"), "primary"), (_("Choose another"), "secondary"), (_("Not now"), "quiet"))
    drawn = [_button_of(s.text(words), kind=kind) for words, kind in buttons]
    return {"caller": lambda: Markup("").join(drawn)}


def _board(s: Sample) -> Options:
    cards = [
        {"title": s.text(NAME), "href": HERE, "time": NOON + timedelta(minutes=20 * at), "kind": kind,
         "lines": [s.text(_("Video visit"))], "badges": [(s.text(_("Waiting")), kind)]}
        for at, kind in enumerate(MOODS)
    ]  # fmt: skip
    column = {"title": s.text("Dr. Amina Njoroge"), "note": "09:00–13:00", "cards": s.some(cards)}
    return {"columns": [column, {"title": "Dr. Priya Raman", "cards": []}], "label": s.unique(_("Today by clinician"))}


def _button(s: Sample) -> Options:
    return {"text": s.text(_("Join the call")), "icon": "video"}


def _card(s: Sample) -> Options:
    return {
        "title": s.text("Dr. Jonas Weber"), "href": HERE, "badge": (s.text(_("Free today")), "success"),
        "caller": _within(s.text(_("Speaks German, English"))),
    }  # fmt: skip


def _chart(s: Sample) -> Options:
    return {"title": s.text(_("Systolic blood pressure")), "points": s.some(examples()["readings"]), "unit": "mmHg"}


def _over_time(*values: float, **options: Any) -> Callable[[Sample], Options]:
    """Values of an hour each, beginning at noon."""
    points = [(NOON + timedelta(hours=at), value) for at, value in enumerate(values)]
    return lambda s: {"title": s.text(_("Weight")), "points": s.some(points), **options}


def _two_lines(s: Sample) -> Options:
    """The pressure of weeks, of which one is a slip of the finger."""
    upper = [(NOON + timedelta(days=9 * at), value) for at, value in enumerate((124, 131, 1250, 118, 127))]
    lower = [(at, value * 2 // 3) for at, value in upper if value < 1000]
    return {
        "title": s.text(_("Blood pressure")), "points": s.some(upper), "unit": "mmHg", "believed": (20, 300),
        "name": s.text(_("Systolic blood pressure")), "unbelieved": s.text(_("Check this value")),
        "beside": s.some([{"name": s.text(_("Diastolic blood pressure")), "points": lower}])[:1],
    }  # fmt: skip


_MANY = [70 + (at * 37 % 23) / 10 for at in range(100)]
_CHARTS = (
    _two_lines, _over_time(71.5), _over_time(70, 70, 70), _over_time(-3, 4, -1, kind="bar"), _over_time(*_MANY),
    _over_time(*_MANY, kind="bar"), _over_time(1_200_000, 1_350_000),
)  # fmt: skip


def _date_list(s: Sample) -> Options:
    moods = [{"at": NOON, "title": s.text(_("Note signed")), "by": s.text(NAME), "kind": kind} for kind in MOODS]
    return {"items": s.some(moods), "label": s.unique(_("What happened"))}


def _dialog(s: Sample) -> Options:
    button = _button_of(s.text(_("Cancel the visit")), kind="danger")
    return {
        "opener": s.text(_("Cancel the visit")), "title": s.text(_("Do you want to cancel this visit?")),
        "caller": lambda: button,
    }  # fmt: skip


def _fields(*names: str, wrong: bool = False) -> tuple[Callable[[Sample], Options], ...]:
    def one(name: str) -> Callable[[Sample], Options]:
        def make(s: Sample) -> Options:
            form = SampleForm(formdata=None, prefix=s.unique("f") + "-", meta={"csrf": False})
            if wrong:
                form.validate()
            return {"field": form[name], "hint": s.text(str(form[name].description)) or None}

        return make

    return tuple(one(name) for name in names)


EVERY_FIELD = (
    "contact", "email", "phone", "abroad", "code", "birth_date", "days", "price", "language", "severity", "symptoms",
    "story", "photo", "colour", "agree",
)  # fmt: skip
REFUSED = ("name", "phone", "code", "birth_date", "days", "severity", "agree")


def _filter_bar(s: Sample) -> Options:
    count = ngettext("%(num)s visit", "%(num)s visits", 0 if s.mode == "none" else 12)
    return {"label": _("Visits"), "action": HERE, "count": s.text(count), "clear_href": HERE, "caller": _within("")}


def _form(s: Sample) -> Options:
    return {"label": s.unique(_("Form")), "caller": _within(s.text(_("Fields and buttons stand here.")))}


def _input(s: Sample) -> Options:
    return {
        "kind": "text", "name": s.unique("answer"), "label": s.text(_("Name or phone")),
        "hint": s.text(_("In your own words.")),
        "choices": [] if s.mode == "none" else [("a", s.text(_("Mild"))), ("b", s.text(_("Severe")))],
    }  # fmt: skip


def _input_wrong(s: Sample) -> Options:
    return {**_input(s), "errors": [s.text(_("Fill in this answer."))], "unit": "kg", "optional": True}


def _navigation(s: Sample) -> Options:
    return {
        "items": [
            {"label": s.text(_("Today")), "href": HERE, "current": True, "count": 3},
            {"label": s.text(_("Patients")), "href": HERE},
            {"label": s.text(_("Settings")), "href": HERE},
        ],
        "label": _("Example menu"),
    }


def _slots(s: Sample) -> Options:
    days = [{**day, "title": s.text(day["title"])} for day in examples()["slots"]]
    linked = [{**day, "slots": [{"text": one["text"], "href": HERE} for one in day["slots"]]} for day in days]
    return {"days": [] if s.mode == "none" else linked}


def _summary_list(s: Sample) -> Options:
    rows = [
        {"key": s.text(_("Name")), "value": s.text(NAME), "href": HERE},
        {"key": s.text(_("Medicines")), "value": s.some(["Metformin 500 mg", "Lisinopril 10 mg"]), "href": HERE},
    ]
    return {"rows": [] if s.mode == "none" else rows, "title": s.text(_("Your answers"))}


def _table(s: Sample) -> Options:
    columns = [
        {"key": "name", "label": _("Patient"), "href": HERE, "sorted": "ascending"},
        {"key": "state", "label": _("State"), "href": HERE, "sorted": "descending" if s.number else None},
        {"key": "owed", "label": _("To pay"), "numeric": True},
    ]
    row = {"name": s.text(NAME), "state": s.text(_("Waiting")), "owed": "45"}
    told = {**row, "state": Markup("{} {}").format(row["state"], _drawn("badge", s.text(_("Changed")), kind="info"))}
    caption = f"{_('Visits today')} {s.number}" if s.number else _("Visits today")
    return {"caption": caption, "columns": columns, "rows": s.some([row, told]), "empty": _("No visits today")}


def _task_list(s: Sample) -> Options:
    tasks = [
        {"title": s.text(title), "href": HERE, "state": state, "hint": s.text(_("About 4 minutes"))}
        for title, state in (
            (_("About you"), "done"), (_("Why you need a visit"), "now"), (_("Consent"), "to_do"),
            (_("Photo"), "attention"), (_("Join the visit"), "later"),
        )
    ]  # fmt: skip
    return {"tasks": [] if s.mode == "none" else tasks}


def _translated(s: Sample) -> Options:
    form = SampleForm(formdata=None, prefix=s.unique("f") + "-", meta={"csrf": False})
    return {"text": translated_field(form, "about"), "rows": 2}


SHEETS: Mapping[str, Sheet] = {
    "actions": Sheet(base=_actions),
    "avatar": Sheet(base=lambda s: {"name": s.text(NAME)}, also=(_always(name="ليلى الحسن"), _always(name="王"))),
    "badge": Sheet(base=lambda s: {"text": s.text(_("Waiting"))}),
    "board": Sheet(base=_board),
    "button": Sheet(base=_button),
    "card": Sheet(base=_card),
    "chart": Sheet(base=_chart, also=_CHARTS),
    "confirmation": Sheet(
        base=lambda s: {
            "title": s.text(_("Your visit is booked")), "reference": "K7P-24Q", "level": 2,
            "text": s.text(_("We have sent you a message with the time.")),
        }
    ),
    "details": Sheet(
        base=lambda s: {
            "summary": s.text(_("Why do we ask this?")),
            "caller": _within(s.text(_("Some medicines do not go together."))),
        }
    ),
    "dialog": Sheet(base=_dialog),
    "empty_state": Sheet(
        base=lambda s: {
            "title": s.text(_("No visits yet")),
            "text": s.text(_("Book your first visit. It takes about two minutes.")),
            "action_text": s.text(_("Book a visit")), "action_href": HERE,
        }
    ),
    "error_summary": Sheet(base=lambda s: {"errors": s.some([("main", s.text(_("Fill in this answer.")))])}),
    "field": Sheet(base=_fields("name")[0], also=(*_fields(*EVERY_FIELD), *_fields(*REFUSED, wrong=True))),
    "filter_bar": Sheet(base=_filter_bar),
    "form": Sheet(base=_form),
    "icon": Sheet(base=lambda s: {"name": "heart", "label": s.text(_("Clinic"))}),
    "input": Sheet(base=_input, also=(_input_wrong,)),
    "language_switch": Sheet(base=_always(languages=list(LANGUAGES.items()), current="en", label="sheet")),
    "link": Sheet(base=lambda s: {"text": s.text(_("Read the consent")), "href": HERE}),
    "logo": Sheet(base=lambda s: {"src": LOGO, "alt": s.text(_("Clinic")), "width": 40, "height": 40}),
    "money": Sheet(base=_always(amount=Money(4500, "USD"))),
    "navigation": Sheet(base=_navigation),
    "notice": Sheet(
        base=lambda s: {
            "text": s.text(_("Your answers are saved. You can go on later, also on another phone.")),
            "title": s.text(_("Done")),
        }
    ),
    "pagination": Sheet(
        base=lambda s: {"first": 21, "last": 40, "total": 113, "previous_href": HERE, "next_href": HERE}
        if s.mode != "none" else {"total": 0}
    ),
    "person_bar": Sheet(
        base=lambda s: {"name": s.text(NAME), "href": HERE, "facts": s.some([(_("Speaks"), "Español")])}
    ),
    "progress": Sheet(
        base=lambda s: {"value": 0 if s.mode == "none" else 2, "maximum": 5, "label": s.text(_("Intake"))}
    ),
    "skip_link": Sheet(base=_always()),
    "slots": Sheet(base=_slots),
    "summary_list": Sheet(base=_summary_list),
    "table": Sheet(base=_table),
    "tabs": Sheet(base=lambda s: {"items": _navigation(s)["items"], "label": _("Parts of the record")}),
    "task_list": Sheet(base=_task_list),
    "time": Sheet(base=_always(instant=NOON)),
    "timeline": Sheet(base=_date_list),
    "toast": Sheet(base=lambda s: {"text": s.text(_("Saved"))}),
    "translated": Sheet(base=_translated),
}  # fmt: skip
