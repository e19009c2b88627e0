"""`python -m deploy.house_rules`: semgrep with our own rules, offline, over the code and over the rules' own samples.

A rule that no longer finds its bad sample, or finds a good one, is as much a failure as a finding in the code.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SEMGREP = ROOT / ".venv" / "lint" / "bin" / "semgrep"
RULES = Path("deploy/semgrep/rules.yml")
SAMPLES = Path("deploy/semgrep/samples")
TREES = ("portal", "jobs", "signaling", "templates")
OFFLINE = ("--metrics", "off", "--disable-version-check", "--quiet", "--no-git-ignore")

Place = tuple[str, int, str]


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    command = [str(SEMGREP), "scan", *OFFLINE, "--config", str(RULES), "--json", str(SAMPLES), *TREES]
    # It starts its own parts by name.
    around = {"PATH": f"{SEMGREP.parent}:/usr/bin:/bin", "HOME": str(ROOT / "var")}
    done = subprocess.run(command, cwd=ROOT, env=around, check=False, capture_output=True, text=True)
    said = json.loads(done.stdout or "{}")
    wrong = [f"semgrep: {error.get('message', error)}" for error in said.get("errors", ["it did not run"])]
    found = {(one["path"], one["start"]["line"], one["check_id"].rpartition(".")[2]) for one in said.get("results", [])}
    wanted = expected()
    wrong += [f"{path}:{line}: {rule}" for path, line, rule in sorted(found - wanted)]
    wrong += [f"{path}:{line}: {rule} does not find its sample" for path, line, rule in sorted(wanted - found)]
    print("\n".join(wrong) or f"{len(wanted)} samples found, nothing else")
    return 1 if wrong else 0


def expected() -> set[Place]:
    """What the samples' remarks promise: the line after each names the place."""
    places = set()
    for file in sorted((ROOT / SAMPLES).glob("bad.*")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if named := re.search(r"ruleid: ([a-z-]+)", line):
                places.add((str(file.relative_to(ROOT)), number + 1, named[1]))
    return places


if __name__ == "__main__":
    sys.exit(main())
