"""Runs keyfob's components in wasmtime: their interfaces become Python calls.

    otp = Engine("keyfob-generator.wasm").instance()
    totp = otp.call("totp", "[static]totp.create", secret, options)
    otp.call("totp", "[method]totp.generate", totp, now)

An error of keyfob is raised as `KeyfobError`; an outcome is a value. An instance belongs to one
thread; make one for each, over the same store.
"""

import pathlib
import threading

import wasmtime
from wasmtime.component import Component, Linker, Record, ResultType, Variant, VariantType, _types

VERSION = "0.1.0"


class KeyfobError(Exception):
    """An error of keyfob, by its stable word. `payload` holds what else is known of it."""

    def __init__(self, error):
        is_case = isinstance(error, Variant) and error.tag != "invalid"
        self.payload = error.payload if isinstance(error, Variant) else error
        self.code = error.tag if is_case else self.payload.code
        super().__init__(getattr(self.payload, "text", None) or self.code)


class Engine:
    """A component, compiled once. Any number of threads may share it."""

    def __init__(self, file):
        self.engine = wasmtime.Engine()
        self.component = Component(self.engine, pathlib.Path(file).read_bytes())

    def imports(self):
        """The names of what the component imports."""
        return sorted(self.component.type.imports(self.engine))

    def exports(self):
        """The interfaces of keyfob that the component exports, by their short names."""
        names = self.component.type.exports(self.engine)
        return sorted(name.split("/")[1].split("@")[0] for name in names)

    def instance(self, imports=None):
        """A new instance; `imports` maps interfaces to functions by their names."""
        linker = Linker(self.engine)
        with linker.root() as root:
            for interface, functions in (imports or {}).items():
                with root.add_instance(interface) as instance:
                    for name, function in functions.items():
                        instance.add_func(name, without_store(function))
        store = wasmtime.Store(self.engine)
        return Instance(linker.instantiate(store, self.component), store)


class Instance:
    """A running component, for one thread."""

    def __init__(self, instance, store):
        self.instance = instance
        self.store = store
        self.functions = {}

    def call(self, interface, name, *arguments):
        function, result = self.function(interface, name)
        answer = function(self.store, *arguments)
        return checked(answer, result) if isinstance(result, ResultType) else answer

    def function(self, interface, name):
        if (interface, name) not in self.functions:
            outer = self.instance.get_export_index(self.store, f"keyfob:otp/{interface}@{VERSION}")
            index = self.instance.get_export_index(self.store, name, outer)
            function = self.instance.get_func(self.store, index)
            self.functions[interface, name] = function, function.type(self.store).result
        return self.functions[interface, name]


def record(**fields):
    """A record of the component's: `last_step` stands for `last-step`."""
    made = Record()
    for name, value in fields.items():
        setattr(made, name.replace("_", "-"), value)
    return made


def field(record, name):
    """A field of a record, by the name it has in `wit/`."""
    return getattr(record, name)


def checked(answer, result):
    """What a result holds, raised if that is an error. wasmtime leaves out which it is where the
    type of the value tells."""
    if isinstance(answer, Variant) and answer.tag in ("ok", "err"):
        if answer.tag == "err":
            raise KeyfobError(answer.payload)
        return answer.payload
    error = Variant if isinstance(result.err, VariantType) else Record
    if isinstance(answer, error):
        raise KeyfobError(answer)
    return answer


def without_store(function):
    return lambda _store, *arguments: function(*arguments)


class OfThisThread(threading.local):
    """A set of which every thread has its own. wasmtime 50 converts what a function answers with
    one set for the whole process, and threads that answer at once would refuse each other's."""

    def __init__(self):
        self.items = set()

    def __iter__(self):
        return iter(self.items)

    def add(self, item):
        self.items.add(item)

    def clear(self):
        self.items.clear()


_types.case_test_cache = OfThisThread()
