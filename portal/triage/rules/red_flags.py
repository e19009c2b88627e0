"""Red flags: answers that mean danger, and what we say to somebody who gives them.

Rules are data with one version for all of them. `emergency` stops the flow and sends the person to the emergency
number; `crisis` does the same for thoughts of self-harm, with a crisis line where the country has one.
The warning signs follow public advice on when to call an ambulance (NHS "When to call 999"; American Heart
Association, "Warning Signs of a Heart Attack"; American Stroke Association, "F.A.S.T."), and for self-harm WHO
mhGAP 2.0, module SUI. A medical director has to confirm them for each clinic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from portal.triage.rules.conditions import Condition, holds, questions_in

Acuity = Literal["emergency", "crisis"]

RULES_VERSION = "2026-11.1"

#: ISO 3166 country → telephone number of a line for people in a crisis
CRISIS_LINES: Mapping[str, str] = {"US": "988", "CA": "988", "GB": "116123", "IE": "116123", "ES": "024"}


@dataclass(frozen=True, kw_only=True)
class RedFlagRule:
    """One rule: when it holds, and what the person then reads, by language."""

    code: str
    acuity: Acuity
    when: Condition
    advice: Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What the rules found: codes in the order of the rules, the questions that raised each, the rules' version."""

    codes: tuple[str, ...]
    acuity: Acuity
    reasons: Mapping[str, tuple[str, ...]]
    rule_version: str


def assess(answers: Mapping[str, Any], rules: Sequence[RedFlagRule] | None = None) -> Assessment | None:
    """The red flags in the answers, None where there are none."""
    raised = [rule for rule in (RULES if rules is None else rules) if holds(rule.when, answers)]
    if not raised:
        return None
    return Assessment(
        codes=tuple(rule.code for rule in raised),
        acuity="emergency" if any(rule.acuity == "emergency" for rule in raised) else "crisis",
        reasons={rule.code: tuple(sorted(questions_in(rule.when))) for rule in raised},
        rule_version=RULES_VERSION,
    )


def rule_by_code(code: str) -> RedFlagRule | None:
    """The rule of that code, None when this version has none."""
    return next((rule for rule in RULES if rule.code == code), None)


def _sign(code: str) -> Condition:
    return {"question": "warning_signs", "has": code}


RULES: tuple[RedFlagRule, ...] = (
    RedFlagRule(
        code="chest-pain",
        acuity="emergency",
        when=_sign("chest-pain"),
        advice={
            "en": (
                "Pain or pressure in the chest can be a heart attack. Do not wait for a video visit.",
                "Sit down and rest. Do not drive yourself. Unlock your door, so that helpers can come in.",
            ),
            "es": (
                "Un dolor o una presión en el pecho puede ser un infarto. No espere a la consulta por video.",
                "Siéntese y descanse. No maneje usted. Deje la puerta sin llave para que puedan entrar a ayudarle.",
            ),
            "ar": (
                "قد يكون الألم أو الضغط في الصدر نوبة قلبية. لا تنتظر الزيارة عبر الفيديو.",
                "اجلس واسترح. لا تقُد السيارة بنفسك. اترك الباب غير مقفل حتى يتمكن المسعفون من الدخول.",
            ),
        },
    ),
    RedFlagRule(
        code="breathing",
        acuity="emergency",
        when=_sign("breathing"),
        advice={
            "en": (
                "Trouble breathing can become dangerous quickly. You need help now.",
                "Sit up straight. If you have an inhaler for this, use it while you wait for help.",
            ),
            "es": (
                "La dificultad para respirar puede volverse peligrosa muy rápido. Necesita ayuda ahora.",
                "Siéntese con la espalda recta. Si tiene un inhalador para esto, úselo mientras llega la ayuda.",
            ),
            "ar": (
                "قد تصبح صعوبة التنفس خطيرة بسرعة. أنت بحاجة إلى المساعدة الآن.",
                "اجلس معتدلاً. إذا كان لديك بخّاخ لهذه الحالة فاستعمله ريثما تصل المساعدة.",
            ),
        },
    ),
    RedFlagRule(
        code="stroke",
        acuity="emergency",
        when=_sign("stroke"),
        advice={
            "en": (
                "A face that droops, a weak arm or trouble speaking can be a stroke. Every minute counts.",
                "Remember when it began, and tell the helpers. Do not eat or drink.",
            ),
            "es": (
                "Una cara caída, un brazo débil o dificultad para hablar puede ser señal de un derrame cerebral. "
                "Cada minuto cuenta.",
                "Recuerde a qué hora empezó y dígalo a quienes le ayuden. No coma ni beba.",
            ),
            "ar": (
                "قد يكون تدلّي الوجه أو ضعف الذراع أو صعوبة الكلام سكتة دماغية. كل دقيقة مهمة.",
                "تذكّر متى بدأ ذلك وأخبر المسعفين. لا تأكل ولا تشرب.",
            ),
        },
    ),
    RedFlagRule(
        code="bleeding",
        acuity="emergency",
        when=_sign("bleeding"),
        advice={
            "en": (
                "Bleeding that does not stop is an emergency.",
                "Press hard on the place with a clean cloth, and keep pressing until help comes.",
            ),
            "es": (
                "Un sangrado que no para es una emergencia.",
                "Presione fuerte el lugar con un paño limpio y no deje de presionar hasta que llegue la ayuda.",
            ),
            "ar": (
                "النزيف الذي لا يتوقف حالة طارئة.",
                "اضغط بقوة على مكان النزيف بقطعة قماش نظيفة واستمر في الضغط حتى تصل المساعدة.",
            ),
        },
    ),
    RedFlagRule(
        code="severe-allergy",
        acuity="emergency",
        when=_sign("severe-allergy"),
        advice={
            "en": (
                "A swollen face, tongue or throat can close the way for air. You need help now.",
                "If you have an adrenaline (epinephrine) pen, use it now. Then call, even if you feel better.",
            ),
            "es": (
                "La hinchazón de la cara, la lengua o la garganta puede cerrar el paso del aire. Necesita ayuda ahora.",
                "Si tiene un inyector de adrenalina (epinefrina), úselo ahora. Después llame, aunque se sienta mejor.",
            ),
            "ar": (
                "قد يسدّ تورّم الوجه أو اللسان أو الحلق مجرى الهواء. أنت بحاجة إلى المساعدة الآن.",
                "إذا كان لديك قلم أدرينالين (إبينفرين) فاستعمله الآن، ثم اتصل حتى لو شعرت بتحسّن.",
            ),
        },
    ),
    RedFlagRule(
        code="fainting",
        acuity="emergency",
        when=_sign("fainting"),
        advice={
            "en": (
                "Fainting, sudden confusion or a seizure needs help in person, now.",
                "Lie down on your side. Ask somebody to stay with you.",
            ),
            "es": (
                "Un desmayo, una confusión repentina o una convulsión necesita ayuda en persona, ahora.",
                "Acuéstese de lado. Pida a alguien que se quede con usted.",
            ),
            "ar": (
                "الإغماء أو الارتباك المفاجئ أو نوبة التشنج يحتاج إلى مساعدة طبية حضورية الآن.",
                "استلقِ على جنبك، واطلب من شخص أن يبقى معك.",
            ),
        },
    ),
    RedFlagRule(
        code="thunderclap-headache",
        acuity="emergency",
        when={
            "all": [
                {"question": "symptoms", "has": "headache"},
                {"question": "onset", "is": "sudden"},
                {"question": "severity", "at_least": 9},
            ]
        },
        advice={
            "en": (
                "A very strong headache that comes all at once can be a sign of bleeding in the head.",
                "Do not drive yourself. Ask somebody to stay with you.",
            ),
            "es": (
                "Un dolor de cabeza muy fuerte que llega de golpe puede ser señal de un sangrado en la cabeza.",
                "No maneje usted. Pida a alguien que se quede con usted.",
            ),
            "ar": (
                "قد يكون الصداع الشديد جداً الذي يأتي فجأة علامة على نزيف في الرأس.",
                "لا تقُد السيارة بنفسك، واطلب من شخص أن يبقى معك.",
            ),
        },
    ),
    RedFlagRule(
        code="self-harm",
        acuity="crisis",
        when=_sign("self-harm"),
        advice={
            "en": (
                "Thank you for telling us. You are not alone, and these feelings can pass. "
                "Please talk to somebody now.",
                "Go to a person whom you trust, and ask them to stay with you. "
                "Move away from anything with which you could hurt yourself.",
            ),
            "es": (
                "Gracias por decírnoslo. Hay personas que pueden ayudarle, y estos sentimientos pueden pasar. "
                "Hable con alguien ahora.",
                "Busque a una persona de confianza y pídale que se quede con usted. "
                "Aléjese de todo aquello con lo que pueda hacerse daño.",
            ),
            "ar": (
                "شكراً لأنك أخبرتنا. لست وحدك، ويمكن لهذه المشاعر أن تزول. نرجو أن تتحدث إلى شخص ما الآن.",
                "اذهب إلى شخص تثق به واطلب منه أن يبقى معك. ابتعد عن أي شيء قد تؤذي به نفسك.",
            ),
        },
    ),
)
