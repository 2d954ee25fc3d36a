"""Runs one program and its tests. Arguments: the program's file, the character at which its tests begin.

Says how each test went on what was standard output, each line beginning with the nonce from the environment:
    NONCE invalid MESSAGE | NONCE tests NAME... | NONCE start INDEX | NONCE end INDEX MICROSECONDS JSON
"""
import ast
import io
import json
import os
import random
import sys
import time


def main():
    path, offset = sys.argv[1], int(sys.argv[2])
    nonce = os.environ.pop("NONCE")
    # Out of the way of a program that writes to the descriptors it expects.
    report = os.dup2(1, random.randrange(20, 60), inheritable=False)
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)

    def say(*words):
        line = " ".join(str(word) for word in words).replace("\n", " ")
        os.write(report, (nonce + " " + line + "\n").encode("utf-8", "replace"))

    with open(path, encoding="utf-8", newline="") as file:
        source = file.read()
    first_line = source.count("\n", 0, offset) + 1
    try:
        tree = ast.parse(source, "program.py")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        say("invalid", json.dumps(str(error)[:2000]))
        return
    names = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.lineno >= first_line and node.name.startswith("test")
        and not node.args.args
    ]
    whole = not names
    say("tests", json.dumps(names or ["main"]))
    # A program that asks for __main__ should find itself there.
    scope = {"__name__": "__main__", "__builtins__": __builtins__}
    code = compile(tree, "program.py", "exec")

    def run(index, call):
        sys.stdout, sys.stderr = bounded(), bounded()
        say("start", index)
        start = time.perf_counter_ns()
        failure = None
        try:
            call()
        except BaseException as error:  # SystemExit too: leaving is not passing
            failure = describe(error)
        micros = (time.perf_counter_ns() - start) // 1000
        result = {"failure": failure, "stdout": text(sys.stdout), "stderr": text(sys.stderr)}
        say("end", index, micros, json.dumps(result))
        return failure

    def load():
        exec(code, scope)

    if whole:
        run(0, load)
        return
    failure = []
    for index, name in enumerate(names):
        def call():
            if index == 0:
                try:
                    load()
                except BaseException as error:
                    failure.append(describe(error))
            if failure:
                raise RuntimeError("the program failed before its tests: " + failure[0])
            scope[name]()
        run(index, call)


class bounded(io.StringIO):
    def write(self, s):
        if self.tell() < 2000:
            super().write(s[:2000])
        return len(s)


def text(stream):
    try:
        return stream.getvalue()[:2000]
    except Exception:
        return ""


def describe(error):
    try:
        words = str(error)
    except Exception:
        words = "(and its __str__ failed)"
    return (type(error).__name__ + (": " + words if words else ""))[:2000]


main()
