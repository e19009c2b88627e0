"""Intake: what a patient tells before a visit.

Owns form definitions (data, not code), answers saved step by step, photos, and the way through a form. Red-flag
answers stop it (triage decides which); who pays goes to eligibility. Does not own what becomes of answers in the
chart: charting reads `reported` after IntakeCompleted.
"""

from portal.intake import access
from portal.intake.access import Permission
from portal.intake.events import IntakeCompleted
from portal.intake.models import FormDefinition, Intake, Photo
from portal.intake.operations import (
    IntakeClosed,
    NoFormPublished,
    NotReady,
    StepConflict,
    complete_intake,
    go_on_after_stop,
    publish_form,
    save_step,
    start_intake,
)
from portal.intake.photographs import TooManyPhotos, add_photo, remove_photo
from portal.intake.queries import (
    IntakeFile,
    IntakeProgress,
    Reported,
    answers_for_reading,
    intake_by_id,
    intake_file,
    intake_progress,
    intakes_to_watch,
    latest_intake,
    photo_by_id,
    photos_of,
    reported,
)
from portal.intake.rules import BadForm, BadPhoto, read_form
from portal.intake.scans import ScanPhoto
from portal.intake.standard import standard_form
from portal.intake.wiring import Scanning, wire
from portal.intake.wording import ShownPhoto, shown_photos

__all__ = [
    "BadForm",
    "BadPhoto",
    "FormDefinition",
    "Intake",
    "IntakeClosed",
    "IntakeCompleted",
    "IntakeFile",
    "IntakeProgress",
    "NoFormPublished",
    "NotReady",
    "Permission",
    "Photo",
    "Reported",
    "ScanPhoto",
    "Scanning",
    "ShownPhoto",
    "StepConflict",
    "TooManyPhotos",
    "access",
    "add_photo",
    "answers_for_reading",
    "complete_intake",
    "go_on_after_stop",
    "intake_by_id",
    "intake_file",
    "intake_progress",
    "intakes_to_watch",
    "latest_intake",
    "photo_by_id",
    "photos_of",
    "publish_form",
    "read_form",
    "remove_photo",
    "reported",
    "save_step",
    "shown_photos",
    "standard_form",
    "start_intake",
    "wire",
]
