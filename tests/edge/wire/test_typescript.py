"""The pages' types are those of the wire."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_pages_types_are_up_to_date():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "generate-wire-types", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
