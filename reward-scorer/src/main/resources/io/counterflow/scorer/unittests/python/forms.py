"""The forms in which Python tests are written, found in their text alone: no program has a word in it."""
import ast
import builtins
import re
import sys

# Whoever imports these reaches into processes, files, frames or memory that a program and its tests would have to share.
SHARING = {
    "_thread", "concurrent", "ctypes", "dis", "gc", "inspect", "linecache", "multiprocessing", "pdb", "pickle", "runpy", "shelve",
    "shutil", "signal", "socket", "sqlite3", "subprocess", "symtable", "tempfile", "threading", "trace", "tracemalloc", "weakref",
    "pathlib",
}
PATCHES = {"patch", "setattr", "monkeypatch", "mocker"}


class Unusable(Exception):
    """No program can be held against these tests; the message is a sentence."""


class Forms:
    """What is in the tests' text. `unsplittable` says why they cannot be kept apart from their program, or is None."""

    def __init__(self, text, entry_point, given):
        try:
            self.tree = ast.parse(text, "tests.py")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Unusable("the tests do not compile by themselves: %s" % error) from None
        self.entry_point = entry_point
        self.given = given
        self.bound = bound_names(self.tree)
        self.free = free_names(self.tree) - self.bound
        self.modules = imported_modules(self.tree)
        self.unsplittable = unsplittable(self.tree, self.bound)
        self.functions = [n for n in self.tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
        self.tests = [n.name for n in self.functions if n.name.startswith("test") and not n.name.startswith("test_data")]
        self.called = called_names(self.tree)
        self.used_as_classes = used_as_classes(self.tree)

    def node(self, name):
        """A test's function, or a class's method as CLASS.METHOD; None where the text does not say."""
        owner, _, function = name.rpartition(".")
        body = self.tree.body
        if owner:
            body = next((n.body for n in body if isinstance(n, ast.ClassDef) and n.name == owner), [])
        return next((n for n in body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == function), None)

    def called_class(self, name):
        """How the tests call what must be a class: "class" where they use it as one or the task declares it, "name" where its name
        begins with a capital, as functions of some tasks do; None for a function's name."""
        declared = re.search(r"^(class|def|async\s+def)\s+%s\b" % re.escape(name), self.given, re.MULTILINE)
        if declared:
            return "class" if declared[1] == "class" else None
        if not name[:1].isupper() or name == self.entry_point:
            return None
        return "class" if name in self.used_as_classes else "name"

    def check(self):
        """The name of a function `check` that nothing calls, and whether it takes a candidate; or None."""
        for node in self.functions:
            if node.name == "check" and "check" not in self.called:
                required = len(node.args.args) - len(node.args.defaults)
                if required > 1:
                    raise Unusable("check() takes %d arguments; a candidate is all there is" % required)
                if required and not self.entry_point:
                    raise Unusable("check(candidate) is not called, and the prompt's metadata has no 'entry_point'")
                return node.name, bool(node.args.args)
        return None

    def parameters(self, name):
        """The names of a test function's parameters that have no default."""
        for node in self.functions:
            if node.name == name:
                names = [a.arg for a in node.args.posonlyargs + node.args.args]
                return names[: len(names) - len(node.args.defaults)]
        return []

    def library(self, name):
        """The library's own thing where the tests mean it without having imported it: a module, or a comparison of numbers."""
        if name in ("isclose", "fabs", "isnan", "isinf"):
            return getattr(__import__("math"), name)
        module = {"np": "numpy", "pd": "pandas"}.get(name, name)
        used_as_module = any(
            isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == name for n in ast.walk(self.tree))
        if used_as_module and name not in self.called and (module in sys.stdlib_module_names or module in ("numpy", "pandas")):
            try:
                return __import__(module)
            except ImportError:
                return None
        return None

    def asserts(self):
        """Whether the text holds anything that can fail a program: without it a script tests nothing."""
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Assert, ast.Raise)):
                return True
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name.lower().startswith(("assert", "check", "test", "fail", "exit", "main", "run", "verify", "expect")):
                    return True
        return False

    def shadowed(self):
        """A built-in name that the tests use for the program's function, or None: where nothing else could be tested."""
        if self.entry_point and hasattr(builtins, self.entry_point):
            return self.entry_point
        if self.free - set(dir(builtins)):
            return None
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assert):
                side = node.test.left if isinstance(node.test, ast.Compare) else node.test
                calls = [n for n in ast.walk(side) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
                inner = [n for n in calls if not any(isinstance(m, ast.Call) for a in n.args for m in ast.walk(a))]
                return inner[0].func.id if inner else None
        return None


def instrumented(tree):
    """The tests with each assertion counted before it is made."""
    class Count(ast.NodeTransformer):
        def counted(self, node):
            self.generic_visit(node)
            if not is_assertion(node):
                return node
            call = ast.Expr(ast.Call(ast.Name("__counted__", ast.Load()), [], []))
            return [ast.fix_missing_locations(ast.copy_location(call, node)), node]

        visit_Assert = visit_Expr = visit_With = visit_AsyncWith = visit_Return = counted

    return Count().visit(tree)


def is_assertion(node):
    """Whether a statement holds something against the program. One that can only fail marks a place that is not to be reached."""
    if isinstance(node, ast.Assert):
        return not (isinstance(node.test, ast.Constant) and not node.test.value)
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return any(asserts(item.context_expr) for item in node.items)
    return isinstance(node, (ast.Expr, ast.Return)) and node.value is not None and asserts(node.value)


def asserts(expression):
    while isinstance(expression, (ast.Await, ast.Yield)):
        expression = expression.value
    if not isinstance(expression, ast.Call):
        return False
    function = expression.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name.startswith(("assert", "raises")) and not any(isinstance(a, ast.Constant) and a.value is False for a in expression.args)


def asserts_itself(node):
    """Whether a test has an assertion of its own, and no other way to fail but it."""
    named = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    due = [node]
    while due:
        at = due.pop()
        if is_assertion(at):
            return True
        for child in ast.iter_child_nodes(at):
            # What a script declares and never names no program could have reached.
            function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
            if not (at is node and isinstance(node, ast.Module) and function and child.name not in named):
                due.append(child)
    return False


def statement(text, number):
    """A statement of a list, as a tree; a bare comparison is an assertion."""
    try:
        tree = ast.parse(text, "test %d" % number)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unusable("test %d does not compile by itself: %s" % (number, error)) from None
    for i, node in enumerate(tree.body):
        if isinstance(node, ast.Expr) and isinstance(node.value, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
            tree.body[i] = ast.copy_location(ast.Assert(node.value, None), node)
    return ast.fix_missing_locations(tree)


def bound_names(tree):
    """Names that the text binds itself, anywhere."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((a.asname or a.name).split(".")[0] for a in node.names)
    return names


def imported_modules(tree):
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module.split(".")[0])
    return modules


def free_names(tree):
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def called_names(tree):
    return {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}


def used_as_classes(tree):
    """Names whose calls the text keeps, enters, or reads a field of, as is done with objects; a function's result is compared."""
    found = set()
    for node in ast.walk(tree):
        owner = None
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.Attribute)):
            owner = node.value
        elif isinstance(node, ast.withitem):
            owner = node.context_expr
        if isinstance(owner, ast.Call):
            owner = owner.func
        elif not isinstance(node, ast.Attribute):
            continue
        if isinstance(owner, ast.Name):
            found.add(owner.id)
    return found


def unsplittable(tree, bound):
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            for module in modules:
                if module.split(".")[0] in SHARING:
                    return "they import %s" % module
                if module == "os" and isinstance(node, ast.ImportFrom) and any(a.name != "path" for a in node.names):
                    return "they use the file system or the process"
        elif isinstance(node, ast.ClassDef):
            for base in node.bases:
                if isinstance(base, ast.Name) and base.id not in bound and not hasattr(builtins, base.id):
                    return "their class %s extends the program's %s" % (node.name, base.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            if node.attr not in ("path", "linesep", "sep"):
                return "they use os.%s" % node.attr
        elif isinstance(node, ast.Attribute) and node.attr in ("__code__", "__globals__", "__closure__", "__wrapped__", "__defaults__"):
            return "they look into %s" % node.attr
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("open", "globals", "exec", "eval") and name not in bound and isinstance(node.func, ast.Name):
                return "they call %s()" % name
            owner = getattr(node.func, "value", None)
            if name == "patch" or name in ("object", "dict") and getattr(owner, "attr", getattr(owner, "id", "")) == "patch":
                target = node.args[0] if node.args else None
                if not (isinstance(target, ast.Constant) and str(target.value) in (
                        "builtins.input", "builtins.print", "sys.stdin", "sys.stdout", "sys.stderr")):
                    return "they patch what the program uses"
            if name in ("setrecursionlimit", "settrace", "setprofile", "getsizeof", "getrefcount", "_getframe"):
                return "they call %s()" % name
    return None


def free_of(nodes):
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def parsed_beginning(given):
    """The tree of a program's beginning, whose last function has no body yet."""
    for end in ("", "\n    pass\n", "\n        pass\n"):
        try:
            return ast.parse(given + end)
        except (SyntaxError, ValueError):
            continue
    return None
