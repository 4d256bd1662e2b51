"""`python -m edge --config box.toml`: runs the box."""

import argparse
import sys
from pathlib import Path

from edge import __version__, app


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m edge", description="Run a KTV Live box.")
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/ktv/box.toml"), help="settings file (default: %(default)s)"
    )
    parser.add_argument("--version", action="version", version=f"KTV Live {__version__}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(app.main(_arguments().config))
