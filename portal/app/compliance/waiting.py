"""What is overdue: keys, checkpoints, reviews, licences, agreements, work that was given up."""

from collections.abc import Iterator
from datetime import timedelta

from portal.app.compliance.findings import Ground
from portal.identity import REVIEW_EVERY

KEY_AGE = timedelta(days=365)
CHECKPOINT_AGE = timedelta(days=1)
REVIEW_AGE = timedelta(days=7)

# The key of blind indexes is not rotated (adr 13), so its age is nobody's omission.
_KEYS = """
  SELECT dataset, created_at FROM kernel.data_key
   WHERE tenant_id = kernel.tenant_id() AND retired_at IS NULL AND dataset <> 'index' AND created_at < :before
   ORDER BY dataset
"""
_UNSIGNED = """
  SELECT max(made_at) AS newest,
         (SELECT count(*) FROM audit.waiting AS w WHERE w.tenant_id = kernel.tenant_id()) AS waiting
    FROM audit.checkpoint WHERE tenant_id = kernel.tenant_id()
"""
_NOT_COPIED = """
  SELECT count(*) AS number, min(made_at) AS oldest FROM audit.checkpoint
   WHERE tenant_id = kernel.tenant_id() AND exported_at IS NULL AND made_at < :before HAVING count(*) > 0
"""
_EMERGENCIES = """
  SELECT count(*) AS number, min(since) AS oldest FROM patients.break_glass
   WHERE tenant_id = kernel.tenant_id() AND decided_at IS NULL AND since < :before HAVING count(*) > 0
"""
_REVIEWS = """
  SELECT coalesce(max(r.signed_off_at), o.created_at) AS last FROM tenancy.organisation AS o
    LEFT JOIN identity.access_review AS r ON r.tenant_id = o.id
   WHERE o.id = kernel.tenant_id() GROUP BY o.created_at
  HAVING coalesce(max(r.signed_off_at), o.created_at) < :before
"""
_ALERTS = """
  SELECT count(*) AS number, min(found_at) AS oldest FROM audit.alert
   WHERE tenant_id = kernel.tenant_id() AND state = 'open' AND found_at < :before HAVING count(*) > 0
"""
_DEAD = """
  SELECT kind, count(*) AS number FROM kernel.task
   WHERE tenant_id = kernel.tenant_id() AND state = 'dead' GROUP BY kind ORDER BY kind
"""
# A later licence for the same place takes an older one's place.
_LICENCES = """
  SELECT p.name, l.jurisdiction, max(l.until) AS until FROM practitioners.licence AS l
    JOIN practitioners.practitioner AS p ON p.tenant_id = l.tenant_id AND p.id = l.practitioner_id
   WHERE l.tenant_id = kernel.tenant_id() AND p.listed
   GROUP BY p.id, p.name, l.jurisdiction HAVING bool_and(l.until < :today) ORDER BY p.name, l.jurisdiction
"""


def old_keys(ground: Ground) -> Iterator[str]:
    for clinic, key in ground.of_each_clinic(_KEYS, before=ground.now - KEY_AGE):
        yield f"{clinic.slug}: {key.dataset}, of {key.created_at:%Y-%m-%d}"


def old_checkpoints(ground: Ground) -> Iterator[str]:
    """Records that wait for a signature although none was made for a day."""
    for clinic, row in ground.of_each_clinic(_UNSIGNED):
        if row.waiting and (row.newest is None or row.newest < ground.now - CHECKPOINT_AGE):
            newest = f"{row.newest:%Y-%m-%d %H:%M} UTC" if row.newest else "never made"
            yield f"{clinic.slug}: {row.waiting} records wait, the newest checkpoint is {newest}"


def checkpoints_not_copied(ground: Ground) -> Iterator[str]:
    for clinic, row in ground.of_each_clinic(_NOT_COPIED, before=ground.now - CHECKPOINT_AGE):
        yield f"{clinic.slug}: {row.number}, the oldest of {row.oldest:%Y-%m-%d}"


def overdue_reviews(ground: Ground) -> Iterator[str]:
    for clinic, row in ground.of_each_clinic(_REVIEWS, before=ground.now - REVIEW_EVERY):
        yield f"{clinic.slug}: none since {row.last:%Y-%m-%d}"


def undecided_emergencies(ground: Ground) -> Iterator[str]:
    for clinic, row in ground.of_each_clinic(_EMERGENCIES, before=ground.now - REVIEW_AGE):
        yield f"{clinic.slug}: {row.number}, the oldest of {row.oldest:%Y-%m-%d}"


def unseen_alerts(ground: Ground) -> Iterator[str]:
    for clinic, row in ground.of_each_clinic(_ALERTS, before=ground.now - REVIEW_AGE):
        yield f"{clinic.slug}: {row.number}, the oldest of {row.oldest:%Y-%m-%d}"


def dead_letters(ground: Ground) -> Iterator[str]:
    for clinic, row in ground.of_each_clinic(_DEAD):
        yield f"{clinic.slug}: {row.number} of {row.kind}"


def lapsed_licences(ground: Ground) -> Iterator[str]:
    for clinic, row in ground.of_each_clinic(_LICENCES, today=ground.now.date()):
        yield f"{clinic.slug}: {row.name} in {row.jurisdiction}, until {row.until}"
