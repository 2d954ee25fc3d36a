"""Runs one program as a script, with the standard streams that it has: for a case of input and output.

The program's text comes first on standard input, after its length on a line of its own; what follows is the program's.
"""
import json
import os
import sys


def main():
    sys.path.extend(json.loads(sys.argv[1]))
    size = b""
    while not size.endswith(b"\n"):
        size += os.read(0, 1)
    size, source = int(size), b""
    while len(source) < size:
        source += os.read(0, size - len(source))
    import builtins
    import types

    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    sys.argv = ["program.py"]
    exec(compile(source.decode("utf-8"), "program.py", "exec", dont_inherit=True), module.__dict__)


main()
