"""Test functions and classes: unittest's, pytest's, HumanEval's check, doctests, coroutines, generators."""
import ast
import types

from forms import Unusable

SKIPPED = ("skip", "skipif", "skipIf", "skipUnless")


class Suites:
    def __init__(self, runs):
        self.runs = runs

    def refuse_fixtures(self, name, parameters, text):
        if parameters and not self.parametrized(name):
            raise Unusable("%s() takes %s, which would be a pytest fixture; fixtures are not run" % (name, parameters[0]))

    def parametrized(self, name):
        for node in self.runs.forms.functions:
            if node.name == name:
                return any("parametrize" in ast.dump(d) for d in node.decorator_list)
        return False

    # What is to run, by its text

    def names_in_text(self, check):
        forms, names = self.runs.forms, []
        for node in forms.tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in forms.tests and node.name not in names:
                names.append(node.name)
            elif isinstance(node, ast.ClassDef) and self.is_suite(node):
                for method in self.methods(node, forms):
                    names.append(node.name + "." + method)
        if check and not names:
            names.append(check[0])
        if not names:
            names.extend("doctest " + name for name in doctests(forms.tree))
        return names

    def is_suite(self, node):
        bases = [ast.unparse(base) for base in node.bases]
        return any(base.endswith("TestCase") for base in bases) or node.name.startswith("Test") or any(
            self.is_suite(other) for other in self.runs.forms.tree.body
            if isinstance(other, ast.ClassDef) and other.name in bases and other is not node)

    def methods(self, node, forms):
        names = []
        for base in node.bases:
            for other in forms.tree.body:
                if isinstance(other, ast.ClassDef) and isinstance(base, ast.Name) and other.name == base.id and other is not node:
                    names.extend(n for n in self.methods(other, forms) if n not in names)
        for part in node.body:
            if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)) and part.name.startswith("test"):
                if part.name not in names:
                    names.append(part.name)
        return names

    # Running it

    def run(self, names, load, check):
        runs = self.runs
        loaded = []

        def first():
            if not loaded:
                loaded.append(True)
                load()

        classes = {}
        for index, name in enumerate(names):
            kind = name.split(".")[0] if "." in name and not name.startswith("doctest ") else None
            if kind is None:
                runs.run_one(index, lambda: (first(), self.call(name, check)), runs.forms.node(name))
            else:
                runs.run_one(index, lambda: (first(), self.method(classes, kind, name.split(".", 1)[1], names)), runs.forms.node(name))
        for suite in classes.values():
            suite.close()

    def call(self, name, check):
        scope = self.runs.scope
        if name.startswith("doctest "):
            return self.doctest(name[8:])
        function = scope[name]
        if check and name == check[0]:
            if not check[1]:
                return finished(function())
            entry = self.runs.forms.entry_point
            target = scope.get(entry)
            if target is None:
                try:
                    target = self.runs.program_name(entry)
                except KeyError:
                    raise NameError("name %r is not defined" % entry) from None
            self.runs.counted += 0
            return finished(function(target))
        self.runs.count()
        marks = [m for m in getattr(function, "pytestmark", []) if m.name == "parametrize"]
        if marks:
            return self.parameters(function, marks)
        return finished(function())

    def parameters(self, function, marks, known=None):
        if not marks:
            return finished(function(**(known or {})))
        mark = marks[0]
        names = [n.strip() for n in mark.args[0].split(",")] if isinstance(mark.args[0], str) else list(mark.args[0])
        for values in mark.args[1]:
            values = getattr(values, "values", values) if type(values).__name__ == "ParameterSet" else values
            row = dict(zip(names, values if len(names) > 1 else [values]))
            self.parameters(function, marks[1:], {**(known or {}), **row})

    def method(self, classes, kind, name, names):
        import unittest

        cls = self.runs.scope.get(kind)
        if not isinstance(cls, type):
            raise TypeError("%s is no class" % kind)
        if kind not in classes:
            classes[kind] = Case(cls) if issubclass(cls, unittest.TestCase) else Plain(cls)
        self.runs.count()
        classes[kind].run(name)

    def doctest(self, name):
        import doctest

        text = dict(doctests(self.runs.forms.tree))[name] if isinstance(doctests(self.runs.forms.tree), dict) else ""
        test = doctest.DocTestParser().get_doctest(text, self.runs.scope, name, "tests.py", 0)
        said = []
        runner = doctest.DocTestRunner(verbose=False)
        runner.run(test, out=said.append, clear_globs=False)
        self.runs.count()
        if runner.failures:
            raise AssertionError("".join(said)[:1500])


def doctests(tree):
    """The doctests in the tests' docstrings, by name."""
    found = {}
    for node in [tree] + [n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]:
        text = ast.get_docstring(node)
        if text and ">>>" in text:
            found[getattr(node, "name", "module")] = text
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and getattr(node.targets[0], "id", "") == "__test__":
            for key, value in zip(node.value.keys, node.value.values):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and ">>>" in str(value.value):
                    found[str(key.value)] = value.value
    return found


def finished(result):
    """Runs what a test function gave to its end: a coroutine, a generator, or nothing more."""
    if isinstance(result, types.CoroutineType):
        import asyncio

        return asyncio.run(result)
    if isinstance(result, types.AsyncGeneratorType):
        async def through():
            async for _ in result:
                pass
        import asyncio

        return asyncio.run(through())
    if isinstance(result, types.GeneratorType):
        for step in result:
            # As nose had it: a generator gives functions with their arguments.
            if isinstance(step, tuple) and step and callable(step[0]):
                step[0](*step[1:])
            elif callable(step):
                step()
    return None


class Case:
    """A unittest.TestCase; its class is set up once."""

    def __init__(self, cls):
        self.cls, self.broken = cls, None
        try:
            cls.setUpClass()
        except BaseException as error:
            self.broken = error

    def run(self, name):
        import unittest

        if self.broken is not None:
            raise self.broken
        result = unittest.TestResult()
        case = self.cls(name)
        case.run(result)
        for kind in (result.errors, result.failures):
            if kind:
                raise AssertionError(kind[0][1].strip().splitlines()[-1][:1500])
        if result.unexpectedSuccesses:
            raise AssertionError("unexpected success")
        if result.skipped:
            raise AssertionError("skipped: %s" % result.skipped[0][1])
        if not result.testsRun:
            raise AssertionError("the test did not run")

    def close(self):
        try:
            if self.broken is None:
                self.cls.tearDownClass()
                self.cls.doClassCleanups()
        except BaseException:
            pass


class Plain:
    """A class of tests as pytest has it: a new object for each test."""

    def __init__(self, cls):
        self.cls = cls
        if hasattr(cls, "setup_class"):
            cls.setup_class()

    def run(self, name):
        instance = self.cls()
        function = getattr(instance, name)
        for setup in ("setup_method", "setUp", "setup"):
            if hasattr(instance, setup):
                self.with_method(getattr(instance, setup), function)
                break
        try:
            finished(function())
        finally:
            for teardown in ("teardown_method", "tearDown", "teardown"):
                if hasattr(instance, teardown):
                    self.with_method(getattr(instance, teardown), function)
                    break

    def with_method(self, step, function):
        import inspect

        takes = [p for p in inspect.signature(step).parameters.values() if p.default is p.empty]
        step(function) if takes else step()

    def close(self):
        if hasattr(self.cls, "teardown_class"):
            self.cls.teardown_class()
