"""The site of this folder: `python -m sphinx -W --keep-going -b html docs OUT`."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

project = "hy_iolib"
extensions = ["myst_parser", "reference"]
exclude_patterns = ["_build"]
# Blocks without a language are forms behind `=>`.
highlight_language = "hy-examples"
myst_heading_anchors = 3
# Quotation marks may be of code.
smartquotes = False
html_theme = "furo"
html_title = "hy_iolib"
html_static_path = ["_static"]
html_css_files = ["reference.css"]
html_show_copyright = False
