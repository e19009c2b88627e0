"""The processes that work after commit: relay, worker, scheduler.

PostgreSQL holds what is to do; Redis only carries it.
"""
