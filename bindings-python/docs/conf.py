"""The reference, from the package as it is installed."""

import sys
from importlib.machinery import SourceFileLoader
from importlib.metadata import version as version_of
from importlib.util import find_spec, module_from_spec, spec_from_loader
from inspect import isclass
from pathlib import Path

from sphinx.pycode import ModuleAnalyzer

# The native module tells names and defaults, its stub the types, too: here that stands in for it. The
# tests hold one to the other.
NATIVE = "keyfob._native"
stub = Path(find_spec("keyfob").origin).with_name("_native.pyi")
native = module_from_spec(spec_from_loader(NATIVE, SourceFileLoader(NATIVE, str(stub))))
native.__loader__.exec_module(native)
for member in filter(isclass, vars(native).values()):
    if member.__module__ == NATIVE:
        member.__module__ = "keyfob"
sys.modules[NATIVE] = native
ModuleAnalyzer.cache["module", "keyfob"] = ModuleAnalyzer.for_file(stub, "keyfob")  # the order of members

project = "keyfob"
author = "The keyfob authors"
copyright = author
version = release = version_of("keyfob")
extensions = ["sphinx.ext.autodoc"]
html_theme = "alabaster"
html_theme_options = {"description": "One-time passwords for Python", "page_width": "1120px", "sidebar_width": "280px"}
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
