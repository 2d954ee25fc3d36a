"""Runs tests in each of their forms and says how each went."""
import ast
import builtins
import importlib.machinery
import io
import os
import sys
import time
import types

from exchange import Gone
from forms import Forms, Unusable, asserts_itself, instrumented, statement
from given import Given
from foreign import SPECIAL, StubType, call_by_name
from suites import Suites

LONGEST = 2000


class Bounded(io.StringIO):
    """Keeps the beginning of what is written."""

    def write(self, text):
        if self.tell() < LONGEST:
            super().write(text[:LONGEST])
        return len(text)


class Names(dict):
    """Built-in names, and behind them the program's."""

    def __init__(self, runs):
        super().__init__(vars(builtins))
        self.runs = runs

    def __missing__(self, name):
        return self.runs.program_name(name)


class Runs:
    def __init__(self, task, say, exchange):
        self.task, self.say, self.exchange = task, say, exchange
        self.counted = 0
        self.stand_ins = {}
        self.names_of_program = None
        self.own_modules = {"__main__"}
        self.plain_input = builtins.input
        self.failed_before = None
        self.asserted = 0
        self.swallowed = []
        self.asked = False

    # The program as the tests see it

    def program_name(self, name):
        self.asked = True
        if name in self.stand_ins:
            return self.stand_ins[name]
        if self.names_of_program is None or name not in self.names_of_program:
            raise KeyError(name)
        own = self.forms.library(name)
        if own is not None:
            # Tests that rely on what their program imports mean the library, and no program's word for it.
            self.stand_ins[name] = own
            return own
        value = self.exchange.request("name", name)
        how = self.forms.called_class(name)
        if how and isinstance(value, StubType):
            call_by_name(value, how)
        if callable(value):
            self.stand_ins[name] = value
        return value

    def has_name(self, name):
        return self.names_of_program is not None and name in self.names_of_program

    def builtin_input(self):
        line = sys.stdin.readline()
        if not line:
            raise EOFError("EOF when reading a line")
        return line[:-1] if line.endswith("\n") else line

    def input_is_plain(self):
        return builtins.input is self.plain_input

    def of_own_object(self, operation, target, fixed, values):
        """An instance of a class that the tests define may be read and changed; what is private or leads out of it may not."""
        name = fixed[0]
        kind = type(target)
        if kind.__module__ not in self.own_modules or isinstance(target, (type, types.ModuleType)) or type(name) is not str:
            raise AttributeError(name)
        if operation == "op":
            split = len(values) - len(fixed[1])
            if name not in SPECIAL:
                raise AttributeError(name)
            return getattr(kind, name)(target, *values[:split], **dict(zip(fixed[1], values[split:])))
        if name.startswith("_"):
            raise AttributeError(name)
        if operation == "set":
            return setattr(target, name, values[0])
        return getattr(target, name)

    # One test

    def run_one(self, index, call, node=None):
        sys.stdout, sys.stderr = Bounded(), Bounded()
        out, err = sys.stdout, sys.stderr
        self.say(start=index)
        self.asserted, self.swallowed, self.asked = 0, [], not isinstance(node, ast.Module)
        start = time.perf_counter_ns()
        failure = None
        try:
            if self.failed_before is not None:
                raise Failed("the program failed before its tests: " + self.failed_before)
            call()
        except BaseException as error:  # SystemExit too: leaving is not passing
            failure = describe(error)
        if failure is None and self.swallowed:
            failure = describe(self.swallowed[0])
        if failure is None and not self.asserted and self.asked and node is not None and asserts_itself(node):
            failure = "no assertion of the test was reached"
        self.counted += failure is not None
        self.ended(index, start, failure, out, err)
        return failure

    def raised_across(self, error):
        """An assertion failed in what the program called: it has failed the test, whatever the program makes of it."""
        if isinstance(error, AssertionError) and not any(error is e for e in self.swallowed):
            self.swallowed.append(error)

    def arrived(self, error):
        """The program let an assertion through: the test has it now, and knows what to do with it."""
        if isinstance(error, AssertionError):
            self.swallowed = [e for e in self.swallowed if str(e) != str(error)]

    def ended(self, index, start, failure, out, err):
        micros = (time.perf_counter_ns() - start) // 1000
        self.say(end=index, micros=micros, failure=failure, stdout=out.getvalue()[:LONGEST], stderr=err.getvalue()[:LONGEST],
                 gone=self.exchange.gone is not None)

    # All of them

    def run(self):
        statements = self.task.get("statements")
        text = self.task["setup"] if statements is not None else self.task["tests"]
        trees = [statement(s, i + 1) for i, s in enumerate(statements)] if statements is not None else []
        whole = text + "".join("\n" + s for s in statements or ())
        self.forms = Forms(whole, self.task.get("entry_point"), self.task.get("given", ""))
        if self.forms.unsplittable and self.task.get("split", True):
            self.say(unsplittable=self.forms.unsplittable)
            return
        if not self.forms.tree.body:
            raise Unusable("the tests hold no test: there is no statement in them")
        self.prepare()
        self.say(ready=True)
        words = self.exchange.request("compile")
        if words is not None:
            self.say(invalid=words if type(words) is str else "it does not compile")
            return
        if statements is not None:
            self.run_statements(text, trees)
        else:
            self.run_source(text)

    def prepare(self):
        self.module = types.ModuleType("__main__")
        self.scope = self.module.__dict__
        names = Names(self)
        self.scope["__builtins__"] = names
        self.scope["__counted__"] = self.count_assertion
        sys.modules["__main__"] = self.module
        sys.stdin = io.StringIO("")
        sys.argv = ["tests.py"]
        sys.meta_path.append(ProgramModules(self))
        if "unittest" in self.forms.modules:
            import unittest

            # The cases are run one by one; a script that would run them all and leave is not followed.
            unittest.main = lambda *args, **kwargs: None
        if "random" not in self.forms.bound and "seed" not in self.forms.bound:
            return
        import random

        seed = random.seed

        def seeded(a=None, version=2):
            seed(a, version)
            self.exchange.request("seed", "random", values=(a,))

        random.seed = seeded

    def count(self):
        self.counted += 1

    def count_assertion(self):
        self.counted += 1
        self.asserted += 1

    def load_program(self):
        """Loads it across; what it writes is the first test's."""
        try:
            self.exchange.request("load")
            names = self.exchange.request("names")
            self.names_of_program = set(n for n in names if type(n) is str) if type(names) is list else set()
            name = self.forms.shadowed()
            if name and self.has_name(name):
                self.scope[name] = self.exchange.request("name", name)
        except BaseException as error:
            self.failed_before = describe(error)
            self.names_of_program = set()

    def run_statements(self, setup, trees):
        self.say(names=["test %d" % (i + 1) for i in range(len(trees))])
        if not any(contains_check(tree) for tree in trees):
            raise Unusable("the tests hold no test: there is no assertion among them")
        for i, tree in enumerate(trees):
            def call():
                if i == 0:
                    self.begin()
                    exec(compile(setup, "setup.py", "exec", dont_inherit=True), self.scope)
                if self.failed_before is not None:
                    raise Failed("the program failed before its tests: " + self.failed_before)
                exec(compile(instrumented(tree), "test %d" % (i + 1), "exec", dont_inherit=True), self.scope)
            self.run_one(i, call, tree)
        self.require_assertions()

    def begin(self):
        self.load_program()
        Given(self).define()

    def require_assertions(self):
        if not self.counted:
            raise Unusable("the tests hold no test: no assertion ran")

    def run_source(self, text):
        suites = Suites(self)
        check = self.forms.check()
        for name in self.forms.tests:
            suites.refuse_fixtures(name, self.forms.parameters(name), text)
        names = suites.names_in_text(check)
        if not names:
            if not self.forms.asserts():
                raise Unusable("the tests hold no test: there is no assertion and no test function in them")
            names = ["main"]
        # Suites are read from the text; what they turn out to be is found when it has run.
        code = compile(instrumented(self.forms.tree), "tests.py", "exec", dont_inherit=True)
        self.say(names=names)
        fault = []

        def load():
            self.begin()
            if self.failed_before is None:
                try:
                    exec(code, self.scope)
                except BaseException as error:
                    if is_fault_of_tests(error):
                        fault.append(error)
                    if names == ["main"]:
                        raise
                    self.failed_before = describe(error)
            if self.failed_before is not None:
                raise Failed("the program failed before its tests: " + self.failed_before)

        if names == ["main"]:
            self.run_one(0, load, self.forms.tree)
        else:
            suites.run(names, load, check)
        if fault:
            raise Unusable("the tests are at fault by themselves: " + describe(fault[0]))
        self.require_assertions()


class Failed(Exception):
    """A test that cannot run has failed."""


class ProgramModules:
    """Finder and loader: modules that tests import and nobody has installed are the program, under whatever name."""

    # Without the classes of `importlib.abc`, which take longer to import than all else here together.

    def __init__(self, runs):
        self.runs = runs

    def find_spec(self, name, path=None, target=None):
        if "." in name or name in sys.builtin_module_names or name in sys.stdlib_module_names or self.runs.names_of_program is None:
            return None
        if not self.meant(name):
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def meant(self, module):
        """Whether what the tests take from the module is the program's."""
        taken = set()
        for node in ast.walk(self.runs.forms.tree):
            if isinstance(node, ast.ImportFrom) and node.module == module:
                taken.update(alias.name for alias in node.names)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module:
                taken.add(node.attr)
        return "*" in taken or any(self.runs.has_name(name) for name in taken)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        runs = self.runs
        module.__getattr__ = lambda name: attribute(runs, name)
        module.__all__ = sorted(n for n in runs.names_of_program if not n.startswith("_"))


def attribute(runs, name):
    try:
        return runs.program_name(name)
    except KeyError:
        raise AttributeError("the program has no %r" % name) from None


def contains_check(tree):
    return any(isinstance(n, (ast.Assert, ast.Raise, ast.Call)) for n in ast.walk(tree))


def is_fault_of_tests(error):
    """Whether tests failed by themselves: they need a module that nobody installed."""
    if type(error) is not ModuleNotFoundError or error.__traceback__ is None:
        return False
    last = error.__traceback__
    while last.tb_next is not None:
        last = last.tb_next
    # One that the program raised came in through this side's own code, and not by an import of the tests.
    return os.path.dirname(last.tb_frame.f_code.co_filename) != os.path.dirname(is_fault_of_tests.__code__.co_filename)


def describe(error):
    if isinstance(error, Gone):
        return "the program ended the process it ran in" if str(error) == "" else str(error)
    if isinstance(error, Failed):
        return str(error)[:LONGEST]
    try:
        words = str(error)
    except Exception:
        words = "(and its __str__ failed)"
    name = "AssertionError" if isinstance(error, AssertionError) and type(error).__name__ == "AssertionError" else type(error).__name__
    return (name + (": " + words if words else ""))[:LONGEST]
