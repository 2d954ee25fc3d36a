"""A program in the process of its tests: for tests that cannot be kept apart from it, and where that is asked for."""


class Shared:
    """Stands where an Exchange stands, with the program in the tests' own scope."""

    gone = None
    given = {}

    def __init__(self, source, scope):
        self.source, self.scope = source, scope

    def request(self, operation, *fixed, values=()):
        if operation == "compile":
            try:
                self.code = compile(self.source, "program.py", "exec", dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                return type(error).__name__ + ": " + str(error)[:2000]
            return None
        if operation == "load":
            exec(self.code, self.scope())
            return None
        if operation == "names":
            return [name for name in self.scope() if not name.startswith("__")]
        if operation == "name":
            return self.scope()[fixed[0]]
        return None
