"""Values as data, in the form in which they cross between a program and its tests.

Numbers, strings, booleans and None are themselves in JSON; all else is a list that begins with a tag. Containers that can be
changed carry a number, by which the same one is recognised when it occurs again and when the other side says that it changed.
What is no data stays where it is and crosses as a reference: an Exchange says how.
"""
import binascii
import collections
import sys

PLAIN = {type(None), bool, float, str}
SMALL = 1 << 62
DEEPEST = 150
# What may be named across: types and functions that are the same on both sides and do nothing to anybody.
NAMED = {
    name: value
    for name, value in vars(__import__("builtins")).items()
    if not name.startswith("_")
    and callable(value)
    and name not in ("eval", "exec", "compile", "open", "input", "print", "breakpoint", "help", "exit", "quit", "copyright",
                     "credits", "license", "globals", "locals", "vars", "getattr", "setattr", "delattr", "memoryview", "super")
}
NAMES = {id(value): name for name, value in NAMED.items()}


CONTAINERS = (list, dict, set, bytearray, collections.deque, collections.Counter)


class NoValue(Exception):
    """What the other side sent is no value."""


def text_of(data):
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def bytes_of(text):
    return binascii.a2b_base64(text, strict_mode=True)


def loaded(module, name):
    """A type of a module of the library, or None where nothing has imported it: then no value is of that type."""
    return getattr(sys.modules.get(module), name, None)


def library(kind, module, *names):
    return any(kind is loaded(module, name) for name in names)


def library_base(kind, module, name):
    base = loaded(module, name)
    return base is not None and base in type.mro(kind)


def is_plain_object(kind):
    """Whether instances of a class have fields and nothing else, or are constants of an enumeration."""
    return library_base(kind, "enum", "Enum") or all(
        base is object or base.__module__ != "builtins" for base in type.mro(kind))


def fields_of(value):
    """The fields of an instance, in its dictionary and its slots."""
    fields = dict(getattr(value, "__dict__", ()))
    for base in type.mro(type(value)):
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if type(slots) is str else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                fields[name] = object.__getattribute__(value, name)
    return {name: field for name, field in fields.items() if type(name) is str and not name.startswith("__")}


def flat(items):
    """Whether all are themselves in JSON."""
    kinds = set(map(type, items))
    if kinds <= PLAIN:
        return True
    return kinds <= PLAIN | {int} and all(type(i) is not int or -SMALL < i < SMALL for i in items)


class Encoder:
    """Writes the values of one message. `numbers` holds those that the other side knows already, by identity."""

    def __init__(self, exchange, numbers=None):
        self.exchange = exchange
        self.numbers = numbers if numbers is not None else {}
        self.kept = []
        self.depth = 0

    def number(self, value):
        n = len(self.numbers)
        self.numbers[id(value)] = n
        self.kept.append(value)
        return n

    def encode(self, value):
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is int:
            return value if -SMALL < value < SMALL else ["i", hex(value)]
        if self.depth >= DEEPEST:
            raise NoValue("a value is nested more than %d deep" % DEEPEST)
        self.depth += 1
        try:
            return self.tagged(value, kind)
        finally:
            self.depth -= 1

    def all(self, items):
        return [self.encode(item) for item in items]

    def tagged(self, value, kind):
        if id(value) in self.numbers:
            return ["m", self.numbers[id(value)]]
        if self.exchange.given:
            given = self.of_given(value, kind)
            if given is not None:
                return given
        known = self.exchange.known(value)
        if known is not None:
            return known
        if kind is tuple:
            return ["T", list(value)] if flat(value) else ["t", self.all(value)]
        if kind in (list, dict, set, bytearray, collections.deque):
            return self.changeable(value, kind)
        if kind is frozenset:
            return ["fs", self.all(value)]
        if kind is bytes:
            return ["b", text_of(value)]
        if kind is complex:
            return ["c", value.real, value.imag]
        if kind is range:
            return ["rng", *self.all((value.start, value.stop, value.step))]
        if kind is slice:
            return ["sl", *self.all((value.start, value.stop, value.step))]
        if value is Ellipsis:
            return ["el"]
        if value is NotImplemented:
            return ["ni"]
        if library(kind, "decimal", "Decimal"):
            return ["dec", str(value)]
        if library(kind, "fractions", "Fraction"):
            return ["fr", *self.all((value.numerator, value.denominator))]
        if library(kind, "datetime", "datetime", "date", "time") and getattr(value, "tzinfo", None) is None:
            return ["dt", kind.__name__, value.isoformat()]
        if library(kind, "datetime", "timedelta"):
            return ["td", value.days, value.seconds, value.microseconds]
        if id(value) in NAMES and NAMED[NAMES[id(value)]] is value:
            return ["py", NAMES[id(value)]]
        array = self.array(value)
        if array is not None:
            return array
        return self.subclass(value, kind)

    def of_given(self, value, kind):
        """A class that both sides have, or an instance of one."""
        if isinstance(value, type):
            name = self.exchange.given_name(value)
            return ["gc", name] if name else None
        name = self.exchange.given_name(kind)
        if not name or not is_plain_object(kind):
            return None
        if library_base(kind, "enum", "Enum"):
            return ["ge", name, value._name_] if type(value._name_) is str else None
        return self.content(value, kind, self.number(value))

    def changeable(self, value, kind):
        n = self.number(value)
        if kind is list:
            return ["L", n, list(value)] if flat(value) else ["l", n, self.all(list(value))]
        return self.content(value, kind, n)

    def content(self, value, kind, n):
        if kind is dict:
            return ["d", n, [[self.encode(k), self.encode(v)] for k, v in list(dict.items(value))]]
        if kind is set:
            return ["s", n, self.all(list(value))]
        if kind is bytearray:
            return ["ba", n, text_of(bytes(value))]
        if kind is not collections.deque:
            return ["go", n, kind.__name__, [[name, self.encode(field)] for name, field in fields_of(value).items()]]
        return ["dq", n, self.all(list(value)), value.maxlen]

    def state(self, value):
        """The content of a container that the other side knows by its number."""
        kind = type(value)
        n = self.numbers[id(value)]
        return ["l", n, self.all(list(value))] if kind is list else self.content(value, kind, n)

    def array(self, value):
        numpy = sys.modules.get("numpy")
        if numpy is None or not hasattr(numpy, "ndarray"):
            return None
        if isinstance(value, numpy.ndarray) and value.dtype.kind in "biufc":
            plain = numpy.ascontiguousarray(value)
            return ["nd", plain.dtype.str, list(value.shape), text_of(plain.tobytes())]
        if isinstance(value, numpy.generic) and value.dtype.kind in "biufc":
            return ["ns", value.dtype.str, text_of(value.tobytes())]
        return None

    def subclass(self, value, kind):
        """Instances of subclasses arrive as what the built-in type sees in them, whatever their own methods say."""
        mro = type.__dict__["__mro__"].__get__(kind)
        if tuple in mro:
            items = tuple(tuple.__iter__(value))
            fields = getattr(kind, "_fields", None)
            if type(fields) is tuple and len(fields) == len(items) and all(type(f) is str for f in fields):
                return ["nt", kind.__name__, list(fields), self.all(items)]
            return ["t", self.all(items)]
        if collections.Counter in mro:
            return ["ct", self.number(value), [[self.encode(k), self.encode(v)] for k, v in dict.items(value)]]
        for base, plain in ((list, list), (dict, dict), (set, set), (frozenset, frozenset), (bytearray, bytearray)):
            if base in mro:
                items = dict(dict.items(value)) if base is dict else plain(base.__iter__(value))
                return self.encode_fresh(items)
        if int in mro:
            return self.encode(int.__add__(value, 0))
        if float in mro:
            return float.__add__(value, 0.0) if value == value else float("nan")
        if str in mro:
            return str.__str__(value) if type(str.__str__(value)) is str else "".join(str.__iter__(value))
        if bytes in mro:
            return self.encode(bytes(bytes.__iter__(value)))
        if complex in mro:
            return self.encode(complex(value.real, value.imag))
        return self.exchange.reference(value)

    def encode_fresh(self, value):
        self.kept.append(value)
        return self.encode(value)


class Decoder:
    """Reads the values of one message, trusting nothing in it. `numbered` holds the containers that are known, by number."""

    def __init__(self, exchange, numbered=None):
        self.exchange = exchange
        self.numbered = numbered if numbered is not None else {}
        self.depth = 0

    def decode(self, data):
        kind = type(data)
        if kind in PLAIN or kind is int:
            return data
        if kind is not list or not data or type(data[0]) is not str:
            raise NoValue("what the program sent is no value")
        if self.depth > DEEPEST:
            raise NoValue("a value is nested more than %d deep" % DEEPEST)
        self.depth += 1
        try:
            return self.tagged(data[0], data[1:])
        except (NoValue, RecursionError):
            raise
        except (TypeError, ValueError, IndexError, KeyError, ArithmeticError, AttributeError) as error:
            raise NoValue("what the program sent as %.20r is no value: %s" % (data[0], type(error).__name__)) from None
        finally:
            self.depth -= 1

    def all(self, items):
        if type(items) is not list:
            raise NoValue("a list was expected")
        return [self.decode(item) for item in items]

    def place(self, n, value):
        if type(n) is not int or not 0 <= n < 1 << 40:
            raise NoValue("a number was expected")
        known = self.numbered.get(n)
        if known is not None and type(known) is not type(value):
            raise NoValue("a container cannot become another")
        if known is None:
            self.numbered[n] = known = value
        return known

    def tagged(self, tag, rest):
        if tag == "m":
            return self.numbered[rest[0]]
        if tag in ("L", "l"):
            value = self.place(rest[0], [])
            items = rest[1] if tag == "L" else self.all(rest[1])
            if tag == "L" and (type(items) is not list or not set(map(type, items)) <= PLAIN | {int}):
                raise NoValue("a list of plain values was expected")
            value[:] = items
            return value
        if tag == "T":
            if type(rest[0]) is not list or not set(map(type, rest[0])) <= PLAIN | {int}:
                raise NoValue("a list of plain values was expected")
            return tuple(rest[0])
        if tag == "t":
            return tuple(self.all(rest[0]))
        if tag in ("d", "ct"):
            value = self.place(rest[0], {} if tag == "d" else collections.Counter())
            pairs = [(self.decode(k), self.decode(v)) for k, v in rest[1]]
            value.clear()
            for k, v in pairs:
                value[k] = v
            return value
        if tag == "s":
            value = self.place(rest[0], set())
            items = self.all(rest[1])
            value.clear()
            value.update(items)
            return value
        if tag == "ba":
            value = self.place(rest[0], bytearray())
            value[:] = bytes_of(rest[1])
            return value
        if tag == "dq":
            value = self.place(rest[0], collections.deque(maxlen=None if rest[2] is None else self.whole(rest[2])))
            items = self.all(rest[1])
            value.clear()
            value.extend(items)
            return value
        if tag == "go":
            kind = self.exchange.given_class(rest[1])
            if not is_plain_object(kind):
                raise NoValue("an instance of a plain class was expected")
            value = self.place(rest[0], object.__new__(kind))
            fields = [(name, self.decode(field)) for name, field in rest[2]]
            for name in [name for name in fields_of(value) if name not in dict(fields)]:
                object.__delattr__(value, name)
            for name, field in fields:
                if type(name) is not str or name.startswith("__"):
                    raise NoValue("a field has a name")
                object.__setattr__(value, name, field)
            return value
        return self.unchangeable(tag, rest)

    def whole(self, value):
        if type(value) is not int:
            raise NoValue("a whole number was expected")
        return value

    def unchangeable(self, tag, rest):
        if tag == "i":
            return int(rest[0], 16)
        if tag == "fs":
            return frozenset(self.all(rest[0]))
        if tag == "b":
            return bytes_of(rest[0])
        if tag == "c":
            return complex(float(rest[0]), float(rest[1]))
        if tag == "rng":
            return range(*self.all(rest))
        if tag == "sl":
            return slice(*self.all(rest))
        if tag == "el":
            return Ellipsis
        if tag == "ni":
            return NotImplemented
        if tag == "dec":
            import decimal

            return decimal.Decimal(rest[0])
        if tag == "fr":
            import fractions

            return fractions.Fraction(self.whole(self.decode(rest[0])), self.whole(self.decode(rest[1])))
        if tag == "dt":
            import datetime

            return {"datetime": datetime.datetime, "date": datetime.date, "time": datetime.time}[rest[0]].fromisoformat(rest[1])
        if tag == "td":
            import datetime

            return datetime.timedelta(*map(self.whole, rest))
        if tag == "py":
            return NAMED[rest[0]]
        if tag == "gc":
            return self.exchange.given_class(rest[0])
        if tag == "ge":
            return self.exchange.given_class(rest[0]).__members__[rest[1]]
        if tag == "nt":
            fields = rest[1]
            if len(fields) > 1000 or not all(type(f) is str and f.isidentifier() for f in fields):
                raise NoValue("a named tuple has names")
            name = rest[0] if type(rest[0]) is str and rest[0].isidentifier() else "Tuple"
            given = self.exchange.given.get(name)
            if given is not None and list(getattr(given, "_fields", ())) == fields:
                return tuple.__new__(given, self.all(rest[2]))
            return collections.namedtuple(name, fields, rename=True)(*self.all(rest[2]))
        if tag in ("nd", "ns"):
            import numpy

            dtype = numpy.dtype(rest[0])
            if dtype.kind not in "biufc":
                raise NoValue("an array of numbers was expected")
            if tag == "ns":
                return numpy.frombuffer(bytes_of(rest[1]), dtype)[0]
            return numpy.frombuffer(bytes_of(rest[2]), dtype).reshape(rest[1]).copy()
        return self.exchange.referred(tag, rest)


def changed(container, before):
    """Whether a container holds other things than its shallow copy `before`."""
    kind = type(container)
    if kind in CONTAINERS and len(container) != len(before):
        return True
    if kind is dict:
        return any(a is not c or b is not d for (a, b), (c, d) in zip(container.items(), before.items()))
    if kind is set or kind is bytearray:
        return container != before
    if kind not in CONTAINERS:
        now = fields_of(container)
        return len(now) != len(before) or any(name not in before or before[name] is not now[name] for name in now)
    return any(a is not b for a, b in zip(container, before))


def copied(container):
    if type(container) not in CONTAINERS:
        return fields_of(container)
    return container.copy() if type(container) is not bytearray else bytes(container)
