"""Exceptions as data: they cross by the names of their types and by what they say."""
import builtins
import importlib

from values import NoValue

# Modules whose exceptions are the same on both sides. None of them says that a test is to be skipped.
MODULES = {
    "asyncio.exceptions", "asyncio.queues", "binascii", "configparser", "copy", "csv", "_csv", "dataclasses", "decimal",
    "json.decoder", "queue", "_queue", "re", "statistics", "struct", "urllib.error", "zlib", "zoneinfo._common", "xml.etree.ElementTree",
}
# Thrown through a test they would end its loops, not it.
LOOP_ENDS = (StopIteration, StopAsyncIteration, GeneratorExit)


class Errors:
    def __init__(self, exchange):
        self.exchange = exchange

    def encode(self, error, encoder):
        kind = type(error)
        names = [[c.__module__ if type(c.__module__) is str else "", c.__name__] for c in type.mro(kind)]
        try:
            message = str(error)
            message = message[:100000] if type(message) is str else ""
        except BaseException:
            message = "(its __str__ failed)"
        try:
            arguments = encoder.all(list(BaseException.args.__get__(error)))
        except BaseException:
            arguments = None
        attributes = {}
        try:
            for name, value in vars(error).items():
                if type(name) is str and not name.startswith("_") and type(value) in (int, str, bool, float, type(None)):
                    attributes[name] = encoder.encode(value)
        except BaseException:
            pass
        reference = None
        if kind.__module__ in ("__main__", "program"):
            try:
                reference = self.exchange.known(kind) or self.exchange.reference(kind)
            except BaseException:
                pass
        return [names[:20], reference, arguments, message, attributes]

    def decode(self, data, decoder, ends_loops):
        if type(data) is not list or len(data) != 5 or type(data[0]) is not list or type(data[4]) is not dict:
            raise NoValue("an error is no error")
        names, reference, arguments, message, attributes = data
        message = message if type(message) is str else ""
        kind = decoder.decode(reference) if reference is not None else None
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            kind = self.kind(names)
        if issubclass(kind, LOOP_ENDS) and not ends_loops:
            kind, arguments = RuntimeError, ["the program threw %s: %s" % (kind.__name__, message)]
        try:
            values = tuple(decoder.all(arguments)) if arguments is not None else (message,)
        except NoValue:
            values = (message,)
        error = self.made(kind, values, message)
        for name, value in attributes.items():
            if name.startswith("_") or hasattr(BaseException, name):
                continue
            try:
                setattr(error, name, decoder.decode(value))
            except (AttributeError, TypeError, NoValue):
                pass
        return error

    def made(self, kind, values, message):
        error = None
        if hasattr(kind, "_reference"):
            error = kind.__new__(kind)
            error.args = values
            error.__dict__["_message"] = message
            return error
        if kind.__module__ == "builtins":
            try:
                error = kind(*values)
            except Exception:
                error = None
        if error is None or str(error) != message:
            says = type(kind.__name__, (kind,), {"__str__": lambda self: message, "__module__": kind.__module__})
            error = says.__new__(says)
            error.args = values
        return error

    def kind(self, names):
        for entry in names:
            if type(entry) is not list or len(entry) != 2 or not all(type(part) is str for part in entry):
                raise NoValue("an error is no error")
            module, name = entry
            found = None
            if module == "builtins":
                found = getattr(builtins, name, None)
            elif module in MODULES and not name.startswith("_"):
                found = getattr(importlib.import_module(module), name, None)
            if isinstance(found, type) and issubclass(found, BaseException):
                return found
        return Exception
