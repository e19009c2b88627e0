"""Pure decisions of intake: what a form is, what an answer is, which step comes next, what a safe photo is."""

from portal.intake.rules.answers import Problem, StepReading, read_step, typed_of
from portal.intake.rules.definition import BadForm, Choice, Form, Question, Step, read_form
from portal.intake.rules.flow import Progress, Way, find_way
from portal.intake.rules.photos import BadPhoto, SafePhoto, make_safe

__all__ = [
    "BadForm",
    "BadPhoto",
    "Choice",
    "Form",
    "Problem",
    "Progress",
    "Question",
    "SafePhoto",
    "Step",
    "StepReading",
    "Way",
    "find_way",
    "make_safe",
    "read_form",
    "read_step",
    "typed_of",
]
