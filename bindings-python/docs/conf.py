"""The reference, from the package as it is installed."""

from importlib.metadata import version as version_of

project = "keyfob"
author = "The keyfob authors"
copyright = author
version = release = version_of("keyfob")
extensions = ["sphinx.ext.autodoc"]
html_theme = "alabaster"
html_theme_options = {"description": "One-time passwords for Python"}
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
