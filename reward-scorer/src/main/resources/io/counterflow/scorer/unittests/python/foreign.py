"""What stands on one side for a thing of the other: functions, classes, instances, iterators, coroutines.

What a test does to such a stand-in is done across. What it compares, it compares here: a thing of the program's is never equal
to or less than anything of the test's. Two of the program's are compared there where the test calls their class by a name.
"""
import itertools
import sys
import threading
import time
import types

from values import Decoder, NoValue

COMPARE = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
BINARY = tuple(
    "__%s%s__" % (r, op)
    for op in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift", "divmod")
    for r in ("", "r", "i")
    if not (op == "divmod" and r == "i")
)
UNARY = ("__neg__", "__pos__", "__abs__", "__invert__", "__round__", "__reversed__", "__trunc__", "__floor__", "__ceil__")
RESULTS = {"__len__": int, "__str__": str, "__repr__": str, "__bool__": bool, "__float__": float, "__int__": int,
           "__index__": int, "__hash__": int, "__format__": str, "__complex__": complex, "__bytes__": bytes}
OTHERS = ("__getitem__", "__setitem__", "__delitem__", "__contains__", "__call__", "__enter__", "__exit__", "__iter__",
          "__next__", "__aiter__", "__anext__", "__aenter__", "__aexit__", "__await__", "__missing__")
SPECIAL = frozenset(COMPARE + BINARY + UNARY + tuple(RESULTS) + OTHERS)
# Methods that would be asked about the expected value, and could agree with it.
PREDICATES = frozenset((
    "issubset", "issuperset", "isdisjoint", "union", "intersection", "difference", "symmetric_difference", "startswith", "endswith",
    "removeprefix", "removesuffix", "strip", "lstrip", "rstrip", "partition", "rpartition", "replace", "count", "index", "rindex",
    "find", "rfind", "equals", "allclose", "isclose", "compare", "__array__"))
# What makes a number or a truth of what was calculated with a value of the test's: the program could tell it from that value.
MEASURES = frozenset(UNARY + ("__len__", "__bool__", "__float__", "__int__", "__index__", "__complex__"))


# Describing what is ours

def describe(exchange, value, reference):
    if isinstance(value, type):
        return class_of(exchange, value, reference)
    if isinstance(value, (types.FunctionType, types.MethodType, types.BuiltinFunctionType)) or (
        callable(value) and type(value).__module__ in ("functools", "builtins", "operator")
    ):
        name = getattr(value, "__name__", "")
        return ["hf", reference, name if type(name) is str else "", bool(getattr(getattr(value, "__code__", None), "co_flags", 0) & 0x80), documentation(value)]
    if isinstance(value, types.CoroutineType):
        return ["ha", reference]
    if isinstance(value, types.GeneratorType) or type(value).__module__ in ("builtins", "itertools") and hasattr(value, "__next__"):
        return ["hi", reference]
    kind = type(value)
    known = exchange.known(kind) or exchange.reference(kind)
    return ["ho", reference, known]


def documentation(value):
    text = getattr(value, "__doc__", None)
    return text[:2000] if type(text) is str else None


def class_of(exchange, kind, reference):
    bases = []
    for base in type.__dict__["__bases__"].__get__(kind):
        if base.__module__ == "builtins":
            bases.append(["py", base.__name__])
        elif exchange.given_name(base):
            bases.append(["gc", base.__name__])
        elif base.__module__ in ("__main__", "program"):
            bases.append(exchange.known(base) or exchange.reference(base))
    special = sorted(
        name
        for name in SPECIAL
        if any(name in vars(c) for c in type.mro(kind) if c is not object) and getattr(kind, name, None) is not None
    )
    return ["hc", reference, kind.__name__, bases, special, documentation(kind)]


# Standing in for what is theirs

def stand_in(exchange, tag, reference, rest):
    if tag == "hf":
        return function(exchange, reference, *rest)
    if tag == "hc":
        return stub_class(exchange, reference, *rest)
    if tag == "ha":
        return coroutine(exchange, reference)
    if tag == "hi":
        return Iterator(exchange, reference)
    if tag == "ho":
        kind = decoded_class(exchange, rest[0])
        if issubclass(kind, BaseException):
            return kind("an exception of the program's")
        instance = object.__new__(kind)
        object.__setattr__(instance, "_Foreign__reference", reference)
        return instance
    raise NoValue("what the program sent is no value")


def decoded_class(exchange, data):
    if type(data) is not list or not data or data[0] not in ("hc", "py", "o", "gc"):
        raise NoValue("a class was expected")
    kind = Decoder(exchange).decode(data)
    if not isinstance(kind, type):
        raise NoValue("a class was expected")
    return kind


class Function:
    """A function of the other side."""

    def __init__(self, exchange, reference, name, documentation):
        self.__dict__.update(_exchange=exchange, _reference=reference, __name__=name, __qualname__=name, __doc__=documentation)

    def __call__(self, *args, **kwargs):
        return call(self._exchange, self._reference, args, kwargs)

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return answering(self._exchange, name, self._exchange.request("get", self._reference, name))

    def __setattr__(self, name, value):
        self._exchange.request("set", self._reference, name, values=(value,))

    def __repr__(self):
        return "<function %s of the program>" % self.__name__

    def __deepcopy__(self, memo):
        return self


def function(exchange, reference, name="", is_async=False, documentation=None):
    name = name if type(name) is str else ""
    documentation = documentation if type(documentation) is str else None
    stub = Function(exchange, reference, name, documentation)
    if is_async is True:
        import asyncio

        stub.__dict__["_is_coroutine"] = getattr(asyncio.coroutines, "_is_coroutine", None)
    return stub


def call(exchange, reference, args, kwargs):
    names = list(kwargs)
    return exchange.request("call", reference, names, values=[*args, *kwargs.values()])


async def coroutine(exchange, reference):
    return exchange.request("await", reference)


class Iterator:
    """An iterator of the other side, read a few items at a time, and more of them as it goes on."""

    def __init__(self, exchange, reference):
        self.exchange, self.reference = exchange, reference
        self.items, self.many, self.ended = [], 1, False

    def __next__(self):
        if not self.items:
            if self.ended:
                raise StopIteration
            answer = self.exchange.request("next", self.reference, self.many)
            if type(answer) is not tuple or len(answer) != 2 or type(answer[1]) is not bool:
                raise NoValue("an iterator gave no items")
            self.items, self.ended = list(answer[0])[::-1], answer[1]
            self.many = min(2 * self.many, 512)
            if not self.items:
                if not self.ended:
                    raise NoValue("an iterator gave no items")
                raise StopIteration
        return self.items.pop()

    def __iter__(self):
        return self

    def send(self, value):
        self.items, self.many = [], 1
        return self.exchange.request("get", self.reference, "send")(value)

    def close(self):
        self.ended, self.items = True, []
        return self.exchange.request("get", self.reference, "close")()

    def throw(self, *error):
        return self.exchange.request("get", self.reference, "throw")(*error)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return answering(self.exchange, name, self.exchange.request("get", self.reference, name))


class StubType(type):
    """The type of what stands for a class: to call it is to make an instance across."""

    def __call__(cls, *args, **kwargs):
        if issubclass(cls, BaseException) or "_reference" not in cls.__dict__:
            return type.__call__(cls, *args, **kwargs)
        before = len(cls._exchange.foreign)
        made = call(cls._exchange, cls._reference, args, kwargs)
        if isinstance(made, Foreign) and called(cls) and len(cls._exchange.foreign) > before:
            object.__setattr__(made, "_Foreign__made_here", True)
            object.__setattr__(made, "_Foreign__asked", called(cls) == "class")
        return made

    def __getattr__(cls, name):
        if name.startswith("__") or "_reference" not in cls.__dict__:
            raise AttributeError(name)
        value = cls._exchange.request("get", cls._reference, name)
        if called(cls):
            if isinstance(value, StubType) and name[:1].isupper():
                call_by_name(value, called(cls))
            return value
        return answering(cls._exchange, name, value)

    def __setattr__(cls, name, value):
        if name.startswith("__"):
            return type.__setattr__(cls, name, value)
        cls._exchange.request("set", cls._reference, name, values=(value,))

    def __iter__(cls):
        return iter(cls._exchange.request("op", cls._reference, "__iter__"))

    def __len__(cls):
        return checked("__len__", cls._exchange.request("op", cls._reference, "__len__"))

    def __getitem__(cls, key):
        return cls._exchange.request("op", cls._reference, "__getitem__", values=(key,))

    def __deepcopy__(cls, memo):
        return cls


class Foreign:
    """An instance of a class of the other side."""

    def __getattr__(self, name):
        mine = object.__getattribute__(self, "__dict__")
        if name.startswith("__") and name.endswith("__") and name not in ("__dict__", "__name__", "__doc__", "__next__", "__wrapped__"):
            raise AttributeError(name)
        exchange = type(self)._exchange
        asked = mine.get("_Foreign__asked")
        value = exchange.request("get", mine["_Foreign__reference"], name)
        return value if asked else answering(exchange, name, value)

    def __setattr__(self, name, value):
        type(self)._exchange.request("set", reference_of(self), name, values=(value,))

    def __delattr__(self, name):
        type(self)._exchange.request("delete", reference_of(self), name)

    def __copy__(self):
        return type(self)._exchange.request("copy", reference_of(self), False)

    def __deepcopy__(self, memo):
        return type(self)._exchange.request("copy", reference_of(self), True)

    def __reduce_ex__(self, protocol):
        raise TypeError("an object of the program's cannot be pickled")

    def __dir__(self):
        return [name for name in type(self)._exchange.request("dir", reference_of(self)) if type(name) is str]


def reference_of(instance):
    return object.__getattribute__(instance, "__dict__")["_Foreign__reference"]


def answering(exchange, name, value):
    """What a thing of the program's has under a name, if that cannot be asked about what a test expects."""
    if name in PREDICATES and not exchange.trusts and isinstance(value, (Function, StubType, Foreign)):
        raise AttributeError("%s (a test asks that of its own objects only)" % name)
    return value


def call_by_name(cls, how):
    """Marks a class that the tests call by a name of theirs: "name", or "class" where nothing but a class can be meant."""
    type.__setattr__(cls, "_called", how)


def called(cls):
    """How the tests call a class or one that it extends, or None. What the program itself calls it does not count."""
    return next((c.__dict__["_called"] for c in type.mro(cls) if "_called" in c.__dict__), None)


def is_marked(instance, mark):
    return isinstance(instance, Foreign) and bool(object.__getattribute__(instance, "__dict__").get("_Foreign__" + mark))


def may_calculate(instance):
    """Whether a test made it, or calculated it from what it made."""
    return is_marked(instance, "made_here") or is_marked(instance, "derived")


def calculated(exchange, instance, name, other, more):
    """Arithmetic. What a value of the test's went into stays the program's object, and is measured by nothing."""
    if exchange.trusts:
        return across(exchange, instance, name, other, *more)
    theirs = isinstance(other, Foreign)
    if not theirs and not may_calculate(instance):
        return NotImplemented
    result = across(exchange, instance, name, other, *more)
    if result is NotImplemented:
        return result
    if not theirs and not isinstance(result, Foreign):
        raise TypeError("%s of an object of the program's and a value of the tests' gave %s" % (name, type(result).__name__))
    if isinstance(result, Foreign):
        if may_calculate(instance) and called(type(result)):
            object.__setattr__(result, "_Foreign__derived", True)
        if not theirs or is_marked(instance, "told") or is_marked(other, "told"):
            object.__setattr__(result, "_Foreign__told", True)
    elif is_marked(instance, "told") or is_marked(other, "told"):
        raise TypeError("%s of an object that was calculated with a value of the tests'" % name)
    return result


def checked(name, result):
    expected = RESULTS[name]
    if type(result) is not expected:
        raise TypeError("%s of an object of the program's gave %s" % (name, type(result).__name__))
    return result


def across(exchange, instance, name, *args, **kwargs):
    return exchange.request("op", reference_of(instance), name, list(kwargs), values=[*args, *kwargs.values()])


def special_method(exchange, name):
    if name in COMPARE:
        def method(self, other):
            if self is other and name in ("__eq__", "__ne__"):
                return name == "__eq__"
            if not exchange.trusts and not (isinstance(other, Foreign) and called(type(self))):
                return NotImplemented
            if not exchange.trusts and (is_marked(self, "told") and not is_marked(other, "made_here") and not is_marked(other, "derived")):
                return NotImplemented
            result = across(exchange, self, name, other)
            return result if exchange.trusts or type(result) is bool or result is NotImplemented else False
    elif name in BINARY:
        def method(self, other, *more):
            return calculated(exchange, self, name, other, more)
    elif name in RESULTS:
        def method(self, *args):
            refuse_told(exchange, self, name)
            return checked(name, across(exchange, self, name, *args))
    elif name == "__contains__":
        def method(self, item):
            if isinstance(item, Foreign) or is_marked(self, "asked") or exchange.trusts:
                return bool(across(exchange, self, name, item))
            return any(item is each or item == each for each in self)
    elif name == "__iter__":
        def method(self):
            return iterated(across(exchange, self, name))
    elif name == "__next__":
        def method(self):
            return across(exchange, self, name)
    elif name == "__exit__":
        def method(self, kind, error, traceback):
            return swallows(exchange, self, error, across(exchange, self, name, kind, error, None))
    elif name == "__aexit__":
        async def method(self, kind, error, traceback):
            return swallows(exchange, self, error, await across(exchange, self, name, kind, error, None))
    elif name == "__anext__" and not exchange.trusts:
        async def method(self):
            return across(exchange, self, name)
    elif name == "__await__":
        def method(self):
            return coroutine(exchange, reference_of(self)).__await__()
    else:
        def method(self, *args, **kwargs):
            refuse_told(exchange, self, name)
            return across(exchange, self, name, *args, **kwargs)
    method.__name__ = name
    return method


def refuse_told(exchange, instance, name):
    if name in MEASURES and not exchange.trusts and is_marked(instance, "told"):
        raise TypeError("%s of an object that was calculated with a value of the tests'" % name)


def swallows(exchange, manager, error, result):
    """Whether an exception ends with its block: a failed assertion never does, and others where a test calls the manager's class."""
    if exchange.trusts:
        return result
    return bool(result) and not isinstance(error, AssertionError) and is_marked(manager, "made_here")


def iterated(result):
    """What an object gave as its iterator: one that is read here, or in a container of data."""
    if isinstance(result, (Iterator, Foreign)):
        return result
    return iter(result)


def stub_class(exchange, reference, name, bases, special, documentation):
    if type(name) is not str or type(bases) is not list or type(special) is not list:
        raise NoValue("a class is no class")
    kinds = [decoded_class(exchange, base) for base in bases[:10]]
    errors = tuple(k for k in kinds if issubclass(k, BaseException))
    body = {"__doc__": documentation if type(documentation) is str else None, "__module__": "__main__",
            "_exchange": exchange, "_reference": reference}
    if errors:
        body["__str__"] = lambda self: self.__dict__.get("_message") or BaseException.__str__(self)
        return StubType(name, errors, body)
    stubs = tuple(k for k in kinds if isinstance(k, StubType)) or (Foreign,)
    for method in special:
        if method in SPECIAL:
            body[method] = special_method(exchange, method)
    if "__eq__" in body and "__hash__" not in body:
        body["__hash__"] = None
    if "__getitem__" in body and "__iter__" not in body and "__len__" in body:
        def over_indexes(self):
            for i in itertools.count():
                try:
                    yield self[i]
                except IndexError:
                    return
        body["__iter__"] = over_indexes
    try:
        return StubType(name, stubs, body)
    except TypeError:
        return StubType(name, (Foreign,), body)


class Items:
    """Reads iterators of ours for the other side."""

    def __init__(self, raised=lambda error: None):
        self.due, self.raised = {}, raised

    def next(self, iterator, many):
        """Some items, fewer where they take long, and whether that was all."""
        if id(iterator) in self.due:
            raise self.due.pop(id(iterator))
        items = []
        until = time.monotonic() + 0.005
        for _ in range(min(many, 512)):
            try:
                items.append(next(iterator))
            except StopIteration:
                return tuple(items), True
            except Exception as error:
                self.raised(error)
                if not items:
                    raise
                # It comes when the items before it are used up.
                self.due[id(iterator)] = error
                break
            if time.monotonic() > until:
                break
        return tuple(items), False


def awaited(awaitable):
    """Runs a coroutine of ours to its end, in a thread of its own where a loop is running here."""
    import asyncio

    async def run():
        return await awaitable

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.new_event_loop().run_until_complete(run())
    result = []
    thread = threading.Thread(target=lambda: result.append(outcome(run)))
    thread.start()
    thread.join()
    if result[0][1] is not None:
        raise result[0][1]
    return result[0][0]


def outcome(run):
    import asyncio

    try:
        return asyncio.new_event_loop().run_until_complete(run()), None
    except BaseException as error:
        return None, error
