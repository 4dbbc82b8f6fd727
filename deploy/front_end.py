"""Put what the pages load beside our own files: packages from web/package-lock.json into web/static/vendor/.

Uses the machine's npm; where there is none, node and npm are installed into .venv/ from requirements/node.txt.
`--with-tests` brings the packages of the browser tests too (they stay in web/node_modules/).
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
VENDOR = WEB / "static" / "vendor"
SERVED = {"htmx.org/dist/htmx.min.js": "htmx.min.js"}


def npm() -> str:
    """The path of an npm; installed into the environment where the machine has none."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return found
    here = Path(sys.executable).parent / "npm"
    if not here.exists():
        lock = ROOT / "requirements" / "node.txt"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)]
        subprocess.run(command, check=True)
    return str(here)


def main() -> None:
    """Install by the lock file and copy what is served."""
    leave_out = [] if "--with-tests" in sys.argv[1:] else ["--omit=dev"]
    subprocess.run([npm(), "ci", "--silent", *leave_out], cwd=WEB, check=True)
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in SERVED.items():
        shutil.copyfile(WEB / "node_modules" / source, VENDOR / name)


if __name__ == "__main__":
    main()
