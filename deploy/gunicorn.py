"""Settings of gunicorn, which serves the portal's pages. Each is explained by what went wrong without it."""

import os
from pathlib import Path

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 15
keepalive = 75  # longer than the proxy before it keeps a connection, so that it is never closed under a request
max_requests = 20_000  # memory that a library leaks comes back
max_requests_jitter = 2_000
if Path("/dev/shm").is_dir():
    worker_tmp_dir = "/dev/shm"  # a heartbeat on a slow disk looks like a dead worker
accesslog = None  # the portal writes its own log, which lets no patient data through
errorlog = "-"
loglevel = os.environ.get("WEB_LOG_LEVEL", "warning")
control_socket_disable = True  # nothing of ours steers a running server from outside
