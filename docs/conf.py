"""How Sphinx builds this documentation: `sphinx-build -W -n docs docs/_build/html`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from edge import __version__

project = "KTV Live"
author = "the KTV Live authors"
copyright = "2026, the KTV Live authors; Apache-2.0"
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True

exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "KTV Live"
html_static_path: list[str] = []
