"""The queue between relay and worker: JSON, ids only, one RQ job for each try of a task."""

from datetime import timedelta
from uuid import UUID

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "portal"
TIMEOUT = timedelta(minutes=3)
ID_LENGTH = 36  # of a UUID, which each job's id begins with


def connect(redis_url: str) -> "Redis":
    """The queue's transport."""
    return Redis.from_url(redis_url)


def open_queue(redis: "Redis") -> Queue:
    """The one queue."""
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer)


def waiting(queue: Queue) -> set[UUID]:
    """The tasks that stand in the queue and no worker has taken."""
    return {UUID(job_id[:ID_LENGTH]) for job_id in queue.get_job_ids()}


def enqueue(queue: Queue, *, tenant_id: UUID, task_id: UUID, attempt: int, awaited: bool = False) -> None:
    """Carry one try of a task to a worker; what is awaited goes before what else stands there.

    The same try enqueued twice is harmless: the task's row decides.
    """
    queue.enqueue(
        "jobs.run.run_task",
        args=(str(tenant_id), str(task_id)),
        job_id=f"{task_id}-{attempt}",
        job_timeout=int(TIMEOUT.total_seconds()),
        result_ttl=60,
        failure_ttl=3600,
        at_front=awaited,
    )
