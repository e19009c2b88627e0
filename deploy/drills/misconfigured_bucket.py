"""The bucket of large objects lets strangers read and list: how that is found, what they see, and that it is closed.

Against a service of the drill's own, since no drill opens the real bucket to the world.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from deploy.drills.drill import Drill, on_the_demo
from deploy.environment import Ports
from deploy.probe import answers
from deploy.processes import wait_until
from deploy.programs import python
from portal.integrations.objects import S3ObjectStore

NAME, REGION = "drill", "us-east-1"
CONTENT = b"a photograph that nobody may see"


@contextmanager
def _bucket(keys: dict[str, str], *, public: bool) -> Iterator[str]:
    port = Ports.free().web
    environment = {
        **os.environ,
        "BUCKET_PORT": str(port),
        "BUCKET_NAME": NAME,
        "BUCKET_REGION": REGION,
        "BUCKET_ACCESS_KEY": keys["access_key"],
        "BUCKET_SECRET_KEY": keys["secret_key"],
        "BUCKET_PUBLIC": "yes" if public else "",
    }
    service = subprocess.Popen(python("deploy.partners.bucket"), env=environment)
    try:
        if not wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), timeout=20):
            raise TimeoutError("the drill's bucket does not answer")
        yield f"http://127.0.0.1:{port}"
    finally:
        service.terminate()
        service.wait(10)


def rehearse(drill: Drill) -> None:
    """See docs/security/runbooks/misconfigured-bucket.md."""
    keys = {"access_key": "DRILL", "secret_key": secrets.token_urlsafe(24)}

    def check(url: str) -> int:
        ran = drill.command(
            "objects",
            "check",
            OBJECT_S3_URL=url,
            OBJECT_S3_BUCKET=NAME,
            OBJECT_S3_REGION=REGION,
            OBJECT_S3_ACCESS_KEY=keys["access_key"],
            OBJECT_S3_SECRET_KEY=keys["secret_key"],
            PARTNER_NETWORKS="127.0.0.0/8",
        )
        return ran.code

    with _bucket(keys, public=True) as url:
        drill.check("the check finds that the bucket is public", holds=check(url) == 1)
        store = S3ObjectStore(
            url=url,
            bucket=NAME,
            region=REGION,
            access_key=keys["access_key"],
            secret_key=keys["secret_key"],
            networks=["127.0.0.0/8"],
        )
        with drill.as_system("documents") as session:
            stored = store.put(session, CONTENT)
            whole = store.get(session, stored.id)
        seen = httpx.get(f"{url}/{NAME}/{drill.clinic.id}/{stored.id}").content
        drill.check("the portal reads what it stored", holds=whole == CONTENT)
        drill.check("a stranger who fetches it sees sealed bytes only", holds=CONTENT not in seen and bool(seen))
    drill.step("Public access is blocked for the bucket and the account; the policy names the portal's user alone")
    with _bucket(keys, public=False) as url:
        drill.check("the check finds nothing any more", holds=check(url) == 0)


if __name__ == "__main__":
    sys.exit(on_the_demo(rehearse))
