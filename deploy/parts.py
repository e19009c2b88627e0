"""`python -m deploy.parts var/sbom.json`: whether the list of parts (CycloneDX) names every package of the lock."""

import json
import re
import sys
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements.txt"


def missing(listed: str, lock: str) -> list[str]:
    """What is wrong with a list of parts, as it would be read by somebody who looks for a vulnerable one."""
    parts = {(one["name"].lower(), one.get("version")): one for one in json.loads(listed).get("components", [])}
    wrong = []
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", lock, re.MULTILINE):
        part = parts.get((name.lower(), version))
        if part is None:
            wrong.append(f"{name} {version} is not listed")
            continue
        if not part.get("purl"):
            wrong.append(f"{name} has no package URL")
        if not any(one.get("hashes") for one in part.get("externalReferences", [part])):
            wrong.append(f"{name} has no hash")
    return wrong


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    wrong = missing(Path(sys.argv[1]).read_text(), LOCK.read_text())
    print("\n".join(wrong) or "every package of the lock is listed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
