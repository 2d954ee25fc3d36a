"""Runs one program and does with it what its tests ask. The tests are in another process: nothing here knows what they expect.

Argument: nothing. Standard input brings frames: the program's text, then requests; standard output takes the answers.
"""
import builtins
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import copy
import io
import json
import struct

import foreign
from exchange import Exchange, Gone

for own in ("errors", "exchange", "foreign", "values"):
    sys.modules.pop(own, None)
sys.path.pop(0)
sys.path.extend(json.loads(sys.argv[1]))


class Output(io.TextIOBase):
    """Standard output or error: what is written goes to the tests' one, before anything that is answered."""

    encoding, errors = "utf-8", "strict"

    def __init__(self, stream, write):
        self.stream, self.say, self.parts, self.size = stream, write, [], 0
        self.buffer = Bytes(self)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        self.parts.append(text)
        self.size += len(text)
        if self.size > 8192:
            self.flush()
        return len(text)

    def flush(self):
        if self.parts:
            text, self.parts, self.size = "".join(self.parts), [], 0
            for at in range(0, len(text), 1 << 20):
                self.say(["o", self.stream, text[at:at + (1 << 20)]])

    def writable(self):
        return True

    def fileno(self):
        return 1 if self.stream == "stdout" else 2


class Bytes(io.RawIOBase):
    def __init__(self, text):
        self.text = text

    def write(self, data):
        self.text.write(bytes(data).decode("utf-8", "replace"))
        return len(data)

    def writable(self):
        return True


class Input(io.TextIOBase):
    """Standard input: the tests' one."""

    encoding, errors = "utf-8", "strict"

    def __init__(self, ask):
        self.ask = ask

    def readline(self, size=-1):
        return self.ask("line", size)

    def read(self, size=-1):
        return self.ask("text", -1 if size is None else size)

    def readable(self):
        return True

    def fileno(self):
        return 0

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    @property
    def buffer(self):
        return io.BytesIO(self.read().encode())


class Program:
    """The program, and what can be asked of it."""

    def __init__(self):
        reader, writer = os.dup(0), os.dup(1)
        nothing = os.open("/dev/null", os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.close(nothing)
        for descriptor in (reader, writer):
            os.set_inheritable(descriptor, False)
        self.writer = writer
        self.exchange = Exchange(reader, self.send, self.serve, trusts=True)
        self.items = foreign.Items()
        self.streams = []
        self.send(b'["up"]')
        # The text comes first, on its own.
        length = struct.unpack(">I", self.exchange.exactly(4))[0]
        self.source = json.loads(self.exchange.exactly(length))["source"]

    def send(self, text):
        for stream in self.streams:
            stream.flush()
        data = struct.pack(">I", len(text)) + text
        view = memoryview(data)
        while view:
            view = view[os.write(self.writer, view):]

    def run(self):
        import types

        self.streams = [Output("stdout", self.write_output), Output("stderr", self.write_output)]
        sys.stdout, sys.stderr = self.streams
        sys.__stdout__, sys.__stderr__ = self.streams
        sys.stdin = sys.__stdin__ = Input(lambda how, size: self.exchange.request("read", how, size))
        builtins.input = self.input
        module = types.ModuleType("__main__")
        self.scope = module.__dict__
        self.scope["__builtins__"] = builtins
        self.module = module
        sys.modules["__main__"] = module
        sys.argv = ["program.py"]
        while True:
            message = self.exchange.read()
            if message[0] == "q":
                self.exchange.serve(message)

    def write_output(self, message):
        # Past `send`, which flushes.
        text = json.dumps(message).encode("ascii")
        data = struct.pack(">I", len(text)) + text
        view = memoryview(data)
        while view:
            view = view[os.write(self.writer, view):]

    def input(self, prompt=""):
        return self.exchange.request("input", str(prompt))

    def serve(self, operation, fixed, values):
        return getattr(self, "do_" + operation)(*fixed, values=values)

    # Requests

    def do_load(self, values):
        code = compile(self.source, "program.py", "exec", dont_inherit=True)
        exec(code, self.scope)

    def do_compile(self, values):
        """What the compiler has against the program, or None."""
        try:
            compile(self.source, "program.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return type(error).__name__ + ": " + str(error)[:2000]
        return None

    def do_given(self, names, values):
        """Classes that the task declared: the tests have their own, and instances cross as content."""
        self.exchange.given = {name: self.scope.get(name) for name in names}

    def do_names(self, values):
        return [name for name in self.scope if type(name) is str and not name.startswith("__")]

    def do_name(self, name, values):
        if name not in self.scope:
            raise NameError("name %r is not defined" % name)
        return self.scope[name]

    def do_main(self, function, arguments, keywords, values):
        """What a case asks: a function of the program, or a method of a new object of one of its classes."""
        target = None
        parts = function.split(".")
        if parts[0] not in self.scope and len(parts) == 1 and "Solution" in self.scope:
            parts = ["Solution", parts[0]]
        target = self.do_name(parts[0], values)
        for part in parts[1:]:
            if isinstance(target, type) and not isinstance(vars(target).get(part), (staticmethod, classmethod)):
                target = target()
            target = getattr(target, part)
        return target(*arguments, **keywords)

    def do_call(self, reference, names, values):
        split = len(values) - len(names)
        return self.exchange.own[reference](*values[:split], **dict(zip(names, values[split:])))

    def do_get(self, reference, name, values):
        return getattr(self.exchange.own[reference], name)

    def do_set(self, reference, name, values):
        setattr(self.exchange.own[reference], name, values[0])

    def do_delete(self, reference, name, values):
        delattr(self.exchange.own[reference], name)

    def do_dir(self, reference, values):
        return dir(self.exchange.own[reference])

    def do_copy(self, reference, deep, values):
        return (copy.deepcopy if deep else copy.copy)(self.exchange.own[reference])

    def do_op(self, reference, name, keywords=(), values=()):
        target = self.exchange.own[reference]
        split = len(values) - len(keywords)
        args, kwargs = values[:split], dict(zip(keywords, values[split:]))
        plain = {"__len__": len, "__str__": str, "__repr__": repr, "__bool__": bool, "__float__": float, "__int__": int,
                 "__hash__": hash, "__iter__": iter, "__format__": format, "__abs__": abs, "__next__": next,
                 "__anext__": lambda iterator: foreign.awaited(type(iterator).__anext__(iterator))}.get(name)
        if plain is not None:
            return plain(target, *args)
        return getattr(type(target), name)(target, *args, **kwargs)

    def do_next(self, reference, many, values):
        return self.items.next(self.exchange.own[reference], many)

    def do_await(self, reference, values):
        return foreign.awaited(self.exchange.own[reference])

    def do_seed(self, library, values):
        if library == "random":
            import random

            random.seed(*values)
        elif "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(*values)


def main():
    program = Program()
    try:
        program.run()
    except Gone:
        os._exit(0)


main()
