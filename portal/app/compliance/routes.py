"""Whether each address of the application says who may call it."""

from collections.abc import Iterator

from portal.app.compliance.findings import Ground
from portal.kernel.permissions import all_permissions
from portal.web.access import declared


def _endpoints(ground: Ground) -> Iterator[tuple[str, str]]:
    for rule in sorted(ground.app.url_map.iter_rules(), key=str):
        yield rule.endpoint, rule.rule


def undeclared(ground: Ground) -> Iterator[str]:
    """Endpoints with neither a permission nor a reason to be public."""
    for endpoint, address in _endpoints(ground):
        if declared(ground.app, endpoint) is None:
            yield f"{endpoint} at {address}"


def without_holder(ground: Ground) -> Iterator[str]:
    """Endpoints whose permission no role holds, or no context knows."""
    known = all_permissions()
    for endpoint, address in _endpoints(ground):
        says = declared(ground.app, endpoint)
        if says and says.permission and not known.get(says.permission):
            yield f"{endpoint} at {address} asks for {says.permission}"


def staff_pages_for_others(ground: Ground) -> Iterator[str]:
    """Addresses of staff that patients or visitors may call."""
    known = all_permissions()
    for endpoint, address in _endpoints(ground):
        says = declared(ground.app, endpoint)
        if "/staff/" in address and says and says.permission:
            others = {"patient", "visitor"} & set(known.get(says.permission, ()))
            if others:
                yield f"{endpoint} at {address} is open to {', '.join(sorted(others))}"
