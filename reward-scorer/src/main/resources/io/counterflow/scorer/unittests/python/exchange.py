"""The talk between a program and its tests: requests, answers, and references to what is no data.

One message is a frame of four bytes of length, big-endian, and JSON:
    ["q", NUMBER, OPERATION, ...]        a request
    ["r", NUMBER, VALUE, CHANGES]        its answer, with the containers among its arguments that were changed
    ["x", NUMBER, ERROR, CHANGES]        what it threw instead
    ["o", STREAM, TEXT]                  the program wrote something
    ["gone", WHY]                        the other side has ended
Whoever waits for an answer serves requests meanwhile, so calls nest in both directions.
"""
import json
import os
import struct
import threading

import foreign
from errors import Errors
from values import Decoder, Encoder, NoValue, changed, copied

LARGEST = 32 << 20
MANY = 512


class Gone(BaseException):
    """The other side has ended; no program can catch that by accident."""


class Exchange:
    """One side of the talk. `serves` answers the other side's requests; `trusts` is whether it may ask for anything."""

    def __init__(self, reader, send, serves, trusts):
        self.reader, self.send, self.serves, self.trusts = reader, send, serves, trusts
        self.lock = threading.RLock()
        self.requests = 0
        self.own = {}        # what the other side refers to, by reference
        self.own_numbers = {}
        self.foreign = {}    # what stands here for the other side's things, by reference
        self.foreign_ids = {}
        self.errors = Errors(self)
        self.gone = None
        self.output = lambda stream, text: None
        self.raised = lambda error: None     # told of what the other side's requests threw here
        self.arrived = lambda error: None    # and of what this side's requests threw there
        # Classes of which both sides have their own, by name: their instances cross as content.
        self.given = {}

    # Messages

    def read(self):
        if self.gone is not None:
            raise Gone(self.gone)
        head = self.exactly(4)
        length = struct.unpack(">I", head)[0]
        if length > LARGEST:
            raise NoValue("a message of %d bytes is too long" % length)
        text = self.exactly(length)
        try:
            message = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NoValue("a message cannot be read: %s" % type(error).__name__) from None
        if type(message) is not list or not message or type(message[0]) is not str:
            raise NoValue("a message is no message")
        if message[0] == "gone":
            self.gone = str(message[1]) if len(message) > 1 else "it ended"
            raise Gone(self.gone)
        return message

    def exactly(self, length):
        parts = []
        while length:
            part = os.read(self.reader, min(length, 1 << 20))
            if not part:
                self.gone = "it ended"
                raise Gone(self.gone)
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def write(self, message):
        text = json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode("ascii")
        if len(text) > LARGEST:
            raise NoValue("a value of %d bytes is too large" % len(text))
        self.send(text)

    def request(self, operation, *fixed, values=()):
        """Asks, and serves what is asked meanwhile. `values` are encoded; containers among them come back changed."""
        with self.lock:
            encoder = Encoder(self)
            encoded = [encoder.encode(value) for value in values]
            self.requests += 1
            number = self.requests
            self.write(["q", number, operation, list(fixed), encoded])
            while True:
                message = self.read()
                if message[0] == "q":
                    self.serve(message)
                elif message[0] == "o":
                    self.output(message[1], message[2])
                elif message[0] in ("r", "x") and len(message) == 4 and message[1] == number:
                    break
                else:
                    raise NoValue("an answer was given that nothing asked for")
        decoder = Decoder(self, {encoder.numbers[id(value)]: value for value in encoder.kept if id(value) in encoder.numbers})
        if type(message[3]) is not list:
            raise NoValue("a message is no message")
        for change in message[3]:
            decoder.decode(change)
        if message[0] == "r":
            return decoder.decode(message[2])
        ends_loops = operation == "next" or operation == "op" and fixed[1] in ("__next__", "__anext__")
        error = self.errors.decode(message[2], decoder, ends_loops)
        self.arrived(error)
        raise error

    def serve(self, message):
        number = message[1]
        if len(message) != 5 or type(number) is not int or type(message[3]) is not list or type(message[4]) is not list:
            raise NoValue("a request is no request")
        decoder = Decoder(self)
        encoder = Encoder(self)
        try:
            values = decoder.all(message[4])
            # The same numbers on both sides, and what the containers held before.
            before = {n: copied(container) for n, container in decoder.numbered.items()}
            encoder.numbers.update({id(container): n for n, container in decoder.numbered.items()})
            try:
                result = self.serves(message[2], message[3], values)
                kind, value = "r", encoder.encode(result)
            finally:
                changes = [
                    encoder.state(container)
                    for n, container in decoder.numbered.items()
                    if changed(container, before[n])
                ]
        except Gone:
            raise
        except BaseException as error:
            self.raised(error)
            kind, value = "x", self.errors.encode(error, encoder)
            changes = changes if "changes" in locals() else []
        try:
            self.write([kind, number, value, changes])
        except NoValue as error:
            self.write(["x", number, self.errors.encode(error, Encoder(self)), []])

    # References

    def given_name(self, kind):
        """The name of a class that both sides have, or None. The program's is what it calls so itself."""
        name = type.__dict__["__name__"].__get__(kind)
        if name not in self.given:
            return None
        ours = self.given[name]
        return name if ours is kind or self.trusts and kind.__module__ == "__main__" else None

    def given_class(self, name):
        if name not in self.given or not isinstance(self.given[name], type):
            raise NoValue("a class was expected")
        return self.given[name]

    def known(self, value):
        """How a thing crosses that has a reference already, else None."""
        entry = self.foreign_ids.get(id(value))
        if entry is not None:
            return ["o", entry]
        reference = self.own_numbers.get(id(value))
        return None if reference is None else foreign.describe(self, value, reference)

    def reference(self, value):
        """Gives a thing of this side a reference, and says what it is."""
        reference = len(self.own) + 1
        self.own[reference] = value
        self.own_numbers[id(value)] = reference
        return foreign.describe(self, value, reference)

    def referred(self, tag, rest):
        """The thing that a reference of the other side stands for."""
        if tag == "o":
            return self.own[rest[0]]
        if not tag.startswith("h") or type(rest[0]) is not int:
            raise NoValue("what the program sent is no value")
        known = self.foreign.get(rest[0])
        if known is not None and not self.trusts and isinstance(known, foreign.Foreign):
            # What the program answers with is its own, though a test made it.
            object.__setattr__(known, "_Foreign__asked", False)
        if known is None:
            known = foreign.stand_in(self, tag, rest[0], rest[1:])
            self.foreign[rest[0]] = known
            self.foreign_ids[id(known)] = rest[0]
            if len(self.foreign) > 1000000:
                raise NoValue("the program sent too many objects")
        return known
