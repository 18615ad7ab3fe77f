"""What the lints share: the project's files and how a finding is printed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {".cpp", ".hpp"}


def project_files(root=ROOT):
    """Every file that is, or could be, committed; without git everything but build folders."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        skipped = {".git", "build", "node_modules", "__pycache__"}
        listed = [str(p.relative_to(root)) for p in root.rglob("*")
                  if not skipped & set(p.relative_to(root).parts)]
    return sorted(name for name in listed if name and (root / name).is_file())


def source_files(root=ROOT):
    return [name for name in project_files(root) if Path(name).suffix in SOURCES]


def report(findings):
    """Prints `(path, line, text)` findings; the exit status of a lint."""
    for path, line, text in findings:
        print(f"{path}:{line}: error: {text}")
    return 1 if findings else 0


def main(check, wanted=source_files):
    """Runs `check(path, text)` over the files named on the command line, else over the project's."""
    findings = []
    for name in sys.argv[1:] or wanted():
        findings += check(name, (ROOT / name).read_text(encoding="utf-8", errors="replace"))
    sys.exit(report(findings))
