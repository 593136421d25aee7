"""The site: Sphinx with MyST. What can be made from the code is made here, before pages are read."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "_site")]

import polysem  # noqa: E402

project, author, release = "polysem", "the authors of polysem", polysem.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "made",
]
exclude_patterns = ["_build", "_site", "gallery", "sweeps", "examples/*.ipynb", "examples/*.py"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]  # the gallery's own settings are functions

html_math_renderer = "mathml"
html_theme = "furo"
html_title = "polysem"
html_static_path = ["_site/static"]
html_favicon = "_site/static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"

default_role = "py:obj"  # `sim.simulate` in a docstring leads there if it has a page
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say more
napoleon_google_docstring = False
napoleon_use_rtype = False

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    "filename_pattern": "plot_",
    "image_scrapers": ("matplotlib",),
    "matplotlib_animations": False,
    "download_all_examples": False,
    "show_memory": False,
    "plot_gallery": "True",
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "default_thumb_file": None,
}
