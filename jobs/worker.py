"""The worker: takes tasks from the queue. It forks for each job, so that a PDF's memory goes with its process."""

from rq import Worker
from rq.serializers import JSONSerializer

from jobs.queues import connect, open_queue
from portal.app.jobs import worker_process
from portal.kernel.config import load_settings
from portal.kernel.logs import configure_logging


def main() -> None:
    """Start one worker."""
    configure_logging()
    # Imported and connected before the fork: a job then starts in milliseconds. Connections are not shared over it.
    worker_process().database.engine.dispose()
    redis = connect(load_settings().redis_url)
    Worker([open_queue(redis)], connection=redis, serializer=JSONSerializer).work(logging_level="WARNING")


if __name__ == "__main__":
    main()
