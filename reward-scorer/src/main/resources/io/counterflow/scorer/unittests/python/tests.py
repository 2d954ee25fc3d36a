"""Runs the tests of one program that runs in another process, whose code this one never loads: its names are stand-ins here.

Standard input brings frames: first the task {"tests", "statements", "setup", "entry_point", "given"}, then what the program's
process says. Standard output takes frames that begin with P for the program, or V for the verdict:
    {"ready": true} | {"names": [...]} | {"start": INDEX} | {"end": INDEX, "micros", "failure", "stdout", "stderr"} | {"invalid": WORDS}
    {"unusable": SENTENCE} | {"unsplittable": WHY} | {"done": true}
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import json
import struct

import foreign
from exchange import Exchange, Gone
from forms import Unusable
from runs import Runs
from shared import Shared

for own in ("errors", "exchange", "foreign", "forms", "given", "runs", "shared", "suites", "values"):
    sys.modules.pop(own, None)
sys.path.pop(0)
sys.path.extend(json.loads(sys.argv[1]))


class Tests:
    def __init__(self):
        reader, self.writer = os.dup(0), os.dup(1)
        nothing = os.open("/dev/null", os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        self.items = foreign.Items(lambda error: self.runs.raised_across(error))
        self.exchange = Exchange(reader, lambda text: self.frame(b"P", text), self.serve, trusts=False)
        self.exchange.output = self.output
        self.exchange.raised = lambda error: self.runs.raised_across(error)
        self.exchange.arrived = lambda error: self.runs.arrived(error)
        length = struct.unpack(">I", self.exchange.exactly(4))[0]
        self.task = json.loads(self.exchange.exactly(length))
        program = self.exchange
        if not self.task.get("split", True):
            program = Shared(self.task["source"], lambda: self.runs.scope)
        self.runs = Runs(self.task, self.say, program)

    def frame(self, kind, text):
        view = memoryview(struct.pack(">I", len(text) + 1) + kind + text)
        while view:
            view = view[os.write(self.writer, view):]

    def say(self, **what):
        self.frame(b"V", json.dumps(what).encode("ascii"))

    def output(self, stream, text):
        if type(text) is str:
            (sys.stderr if stream == "stderr" else sys.stdout).write(text)

    # What the program may ask: to call what it was given, to read and change the tests' own objects, and for input.

    def serve(self, operation, fixed, values):
        if operation == "input":
            sys.stdout.write(fixed[0] if type(fixed[0]) is str else "")
            return self.runs.builtin_input() if self.runs.input_is_plain() else __import__("builtins").input(fixed[0])
        if operation == "read":
            size = fixed[1] if type(fixed[1]) is int else -1
            return sys.stdin.readline(size) if fixed[0] == "line" else sys.stdin.read(size)
        target = self.exchange.own[fixed[0]]
        if operation == "call":
            split = len(values) - len(fixed[1])
            return target(*values[:split], **dict(zip(fixed[1], values[split:])))
        if operation == "next":
            return self.items.next(target, int(fixed[1]))
        if operation == "await":
            return foreign.awaited(target)
        if operation in ("get", "set", "op"):
            return self.runs.of_own_object(operation, target, fixed[1:], values)
        raise AttributeError("the tests do not answer %r" % operation)


def main():
    tests = Tests()
    try:
        tests.runs.run()
    except Unusable as error:
        tests.say(unusable=str(error))
    except Gone as error:
        tests.say(gone=str(error))
    except BaseException:
        import traceback

        tests.say(broken=traceback.format_exc()[-2000:])
    tests.say(done=True)


main()
