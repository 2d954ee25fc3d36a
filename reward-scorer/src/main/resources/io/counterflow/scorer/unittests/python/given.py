"""What the task itself declared before the program is the tests': no completion can replace it."""
import ast
import builtins

from forms import free_of, parsed_beginning

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Given:
    """The task's helpers and classes that the tests use, evaluated in the tests' scope. What is last may be the program's to go on with."""

    def __init__(self, runs):
        self.runs, self.forms, self.scope = runs, runs.forms, runs.scope

    def define(self):
        tree = parsed_beginning(self.runs.task.get("given") or "")
        if tree is None:
            return
        self.imports(tree)
        candidates = {name: node for node in tree.body[:-1] for name in declared(node)}
        wanted, due = set(), [name for name in self.forms.free if name in candidates]
        while due:
            name = due.pop()
            node = candidates.get(name)
            if node is None or name in wanted or name == self.forms.entry_point or not self.whole(node, candidates):
                continue
            wanted.add(name)
            due.extend(free_of([node]))
        if not wanted:
            return
        body = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom)) or any(name in wanted for name in declared(n))]
        for node in body:
            try:
                exec(compile(ast.Module([node], []), "given.py", "exec"), self.scope)
            except Exception:
                pass
        classes = {name: self.scope[name] for name in wanted if isinstance(self.scope.get(name), type)}
        if classes and self.runs.task.get("split", True) and self.runs.failed_before is None:
            self.runs.exchange.given = classes
            self.runs.exchange.request("given", sorted(classes))

    def imports(self, tree):
        for node in tree.body:
            names = [a.asname or a.name for a in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else ()
            if any(name in self.forms.free for name in names):
                try:
                    exec(compile(ast.Module([node], []), "given.py", "exec"), self.scope)
                except ImportError:
                    pass

    def whole(self, node, candidates):
        """Whether a declaration leaves nothing for the program to say. Exceptions cross by name, and stay the program's."""
        if isinstance(node, FUNCTIONS):
            return not is_left_open(node)
        if not isinstance(node, ast.ClassDef):
            return is_constant(node.value)
        for base in node.bases:
            name = getattr(base, "id", getattr(base, "attr", ""))
            known = getattr(builtins, name, None)
            if isinstance(known, type) and issubclass(known, BaseException) or name in ("ABC", "Protocol"):
                return False
            if isinstance(candidates.get(name), ast.ClassDef) and not self.whole(candidates[name], {}):
                return False
            if known is None and name not in candidates and name.endswith(("Error", "Exception")):
                return False
        return not any(is_left_open(part) for part in node.body if isinstance(part, FUNCTIONS))


def declared(node):
    """The names that a statement declares: of a class, a function, or a constant."""
    if isinstance(node, (ast.ClassDef, *FUNCTIONS)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return [node.target.id]
    return []


def is_constant(value):
    """Whether a value is one that nobody changes: a program and its tests may share what can be changed."""
    if isinstance(value, ast.Call):
        name = getattr(value.func, "id", getattr(value.func, "attr", ""))
        return name in ("namedtuple", "NamedTuple", "Enum", "IntEnum", "Flag", "TypeVar", "NewType", "compile")
    if isinstance(value, ast.Tuple):
        return all(is_constant(part) for part in value.elts)
    return isinstance(value, (ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.UnaryOp, ast.BinOp))


def is_left_open(function):
    """Whether a function's body is no more than a docstring, `pass`, `...` or `raise NotImplementedError`."""
    return all(
        isinstance(part, ast.Pass)
        or isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
        or isinstance(part, ast.Raise) and "NotImplemented" in ast.dump(part)
        for part in function.body
    )
