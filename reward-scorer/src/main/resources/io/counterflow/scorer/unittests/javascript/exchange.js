// The talk between a program and its tests: requests, answers, and references to what is no data.
//
// One message is a frame of four bytes of length, big-endian, and JSON:
//     ["q", NUMBER, OPERATION, [...], VALUES]   a request
//     ["r", NUMBER, VALUE, CHANGES]             its answer, with the containers among its arguments that were changed
//     ["x", NUMBER, ERROR, CHANGES]             what it threw instead
//     ["o", STREAM, TEXT]                       the program wrote something
//     ["gone", WHY]                             the other side has ended
// Whoever waits for an answer serves requests meanwhile, so calls nest in both directions.
'use strict';
const fs = require('fs');
const net = require('net');
const { Encoder, Decoder, NoValue, ERRORS, copied, changed } = require('./values.js');
const foreign = require('./foreign.js');

const LARGEST = 32 << 20;
const later = setImmediate;

class Gone extends Error {}

class Exchange {
  constructor(send, serves, trusts) {
    Object.assign(this, { send, serves, trusts, buffered: [], size: 0, requests: 0, gone: null, waiting: new Map() });
    this.own = new Map();
    this.ownNumbers = new Map();
    this.foreign = new Map();
    this.foreignNumbers = new Map();
    this.references = 0;
    this.output = () => {};
    // Told of what was thrown here at the other side's requests, and of what came back from this side's.
    this.raised = () => {};
    this.arrived = () => {};
    this.cell = new Int32Array(new SharedArrayBuffer(4));
    this.chunk = Buffer.allocUnsafe(1 << 16);
  }

  // Reads what comes while nobody waits. The pipe does not block from here on.
  listen(onEnd) {
    this.socket = new net.Socket({ fd: 0, readable: true, writable: false });
    this.socket.on('data', (data) => {
      this.add(data);
      this.dispatch();
    });
    this.socket.on('end', onEnd);
    this.socket.on('error', onEnd);
    this.dispatch();
  }

  // The other side has ended, and so do all that wait for it.
  ended() {
    this.gone ??= 'it ended';
    for (const { reject } of this.waiting.values()) reject(new Gone(this.gone));
    this.waiting.clear();
  }

  add(data) {
    this.buffered.push(Buffer.from(data));
    this.size += data.length;
  }

  // One whole frame's text, or null.
  frame() {
    if (this.size < 4) return null;
    if (this.buffered.length > 1 && this.buffered[0].length < 4) this.buffered = [Buffer.concat(this.buffered)];
    const length = this.buffered[0].readUInt32BE(0);
    if (length > LARGEST) throw new NoValue(`a message of ${length} bytes is too long`);
    if (this.size < 4 + length) return null;
    const all = this.buffered.length > 1 ? Buffer.concat(this.buffered) : this.buffered[0];
    const rest = all.subarray(4 + length);
    this.buffered = rest.length ? [rest] : [];
    this.size = rest.length;
    return all.toString('utf8', 4, 4 + length);
  }

  // Waits for a frame.
  frameNow() {
    for (let pause = 0.02; ;) {
      const text = this.frame();
      if (text !== null) return text;
      try {
        const n = fs.readSync(0, this.chunk, 0, this.chunk.length, null);
        if (n === 0) {
          this.gone ??= 'it ended';
          throw new Gone(this.gone);
        }
        this.add(this.chunk.subarray(0, n));
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
        Atomics.wait(this.cell, 0, 0, pause);
        pause = Math.min(pause * 1.5, 1);
      }
    }
  }

  parsed(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      throw new NoValue('a message cannot be read');
    }
    if (!Array.isArray(message) || typeof message[0] !== 'string') throw new NoValue('a message is no message');
    if (message[0] === 'gone') {
      this.gone = String(message[1]);
      this.ended();
      throw new Gone(this.gone);
    }
    return message;
  }

  dispatch() {
    try {
      for (let text; (text = this.frame()) !== null;) this.take(this.parsed(text));
    } catch (error) {
      this.failed?.(error);
    }
  }

  // A message that nobody waits for right now: a request, output, or the answer to something asked without waiting.
  take(message) {
    if (message[0] === 'q') return this.serve(message);
    if (message[0] === 'o') return this.output(message[1], message[2]);
    const waiting = this.waiting.get(message[1]);
    if (!waiting || (message[0] !== 'r' && message[0] !== 'x')) throw new NoValue('an answer was given that nothing asked for');
    this.waiting.delete(message[1]);
    if (!this.waiting.size && !this.trusts) this.socket?.unref();
    try {
      waiting.resolve(this.answer(message, waiting.encoder));
    } catch (error) {
      waiting.reject(error);
    }
    return undefined;
  }

  ask(operation, fixed, values) {
    if (this.gone !== null) throw new Gone(this.gone);
    const encoder = new Encoder(this);
    const encoded = encoder.all(values);
    const number = ++this.requests;
    this.write(['q', number, operation, fixed, encoded]);
    return { number, encoder };
  }

  request(operation, fixed = [], values = []) {
    const { number, encoder } = this.ask(operation, fixed, values);
    for (;;) {
      const message = this.parsed(this.frameNow());
      if (message[1] === number && (message[0] === 'r' || message[0] === 'x')) {
        // What was read beyond the answer would wait for more to come.
        if (this.size && this.socket) later(() => this.dispatch());
        return this.answer(message, encoder);
      }
      this.take(message);
    }
  }

  // Asks without waiting: for what takes turns of both sides' event loops.
  requestLater(operation, fixed) {
    return new Promise((resolve, reject) => {
      const { number, encoder } = this.ask(operation, fixed, []);
      this.socket?.ref();
      this.waiting.set(number, { resolve, reject, encoder });
    });
  }

  answer(message, encoder) {
    const decoder = new Decoder(this, new Map([...encoder.numbers].map(([value, n]) => [n, value])));
    if (!Array.isArray(message[3])) throw new NoValue('a message is no message');
    for (const change of message[3]) decoder.decode(change);
    if (message[0] === 'r') return decoder.decode(message[2]);
    const thrown = this.decodeThrown(message[2], decoder);
    this.arrived(thrown);
    throw thrown;
  }

  serve(message) {
    const [, number, operation, fixed, values] = message;
    if (!Number.isSafeInteger(number) || !Array.isArray(fixed) || !Array.isArray(values)) throw new NoValue('a request is no request');
    const decoder = new Decoder(this);
    let reply = (kind, value, changes) => this.reply(kind, number, value, changes);
    let before = new Map();
    const finish = (kind, value) => {
      const encoder = new Encoder(this, new Map([...decoder.numbered].map(([n, c]) => [c, n])));
      let encoded;
      let changes = [];
      if (kind === 'x') this.raised(value);
      try {
        encoded = kind === 'r' ? encoder.encode(value) : this.encodeThrown(value, encoder);
        for (const [n, container] of decoder.numbered) {
          if (before.has(n) && changed(container, before.get(n))) changes.push(encoder.state(container, n));
        }
      } catch (error) {
        [kind, changes] = ['x', []];
        encoded = this.encodeThrown(error, new Encoder(this));
      }
      reply(kind, encoded, changes);
    };
    let result;
    try {
      const args = decoder.all(values);
      before = new Map([...decoder.numbered].map(([n, c]) => [n, copied(c)]));
      result = this.serves(operation, fixed, args);
    } catch (error) {
      if (error instanceof Gone) throw error;
      return finish('x', error);
    }
    if (['await', 'load', 'idle'].includes(operation)) {
      return void Promise.resolve(result).then((value) => finish('r', value), (error) => finish('x', error));
    }
    return finish('r', result);
  }

  reply(kind, number, value, changes) {
    try {
      this.write([kind, number, value, changes]);
    } catch (error) {
      this.write(['x', number, this.encodeThrown(error, new Encoder(this)), []]);
    }
  }

  write(message) {
    const text = Buffer.from(JSON.stringify(message));
    if (text.length > LARGEST) throw new NoValue(`a value of ${text.length} bytes is too large`);
    this.send(text);
  }

  // Errors

  encodeThrown(error, encoder) {
    if (error instanceof Error) return ['E', this.encodeError(error, encoder)];
    try {
      return encoder.encode(error);
    } catch {
      return 'something that cannot cross';
    }
  }

  decodeThrown(data, decoder) {
    return decoder.decode(data);
  }

  encodeError(error, encoder) {
    const text = (get) => {
      try {
        const value = get();
        return typeof value === 'string' ? value.slice(0, 100000) : '';
      } catch {
        return '';
      }
    };
    const names = [];
    for (let p = Object.getPrototypeOf(error); p && names.length < 10; p = Object.getPrototypeOf(p)) {
      names.push(text(() => p.constructor.name));
    }
    const fields = [];
    try {
      for (const key of Object.keys(error)) {
        if (['string', 'number', 'boolean'].includes(typeof error[key]) && fields.length < 50) fields.push([key, encoder.encode(error[key])]);
      }
    } catch {
      // A getter that throws.
    }
    let kind = null;
    try {
      const made = error.constructor;
      if (typeof made === 'function' && !Object.values(ERRORS).includes(made)) kind = this.known(made) ?? this.reference(made);
    } catch {
      // A constructor that is none.
    }
    return [names, text(() => error.name), text(() => error.message), fields, kind];
  }

  decodeError(data, decoder) {
    const [names, name, message, fields, kind] = data;
    const stub = kind === null ? null : decoder.decode(kind);
    const known = names.find((n) => Object.hasOwn(ERRORS, n));
    const base = ERRORS[known ?? 'Error'];
    const error = new base(String(message));
    delete error.stack;
    if (typeof stub === 'function') {
      const proto = Object.create(base.prototype);
      Object.defineProperty(proto, 'constructor', { value: stub, enumerable: false });
      foreign.prototypes.set(stub, foreign.prototypes.get(stub) ?? proto);
      Object.setPrototypeOf(error, foreign.prototypes.get(stub));
    }
    if (String(name) !== error.name) Object.defineProperty(error, 'name', { value: String(name), configurable: true, writable: true });
    for (const [key, value] of fields) {
      if (!['stack', '__proto__', 'constructor', 'toString'].includes(key)) error[key] = decoder.decode(value);
    }
    return error;
  }

  // References

  known(value) {
    if (this.foreignNumbers.has(value)) return ['o', this.foreignNumbers.get(value)];
    const reference = this.ownNumbers.get(value);
    return reference === undefined ? null : foreign.describe(this, value, reference);
  }

  reference(value) {
    const reference = ++this.references;
    this.own.set(reference, value);
    this.ownNumbers.set(value, reference);
    return foreign.describe(this, value, reference);
  }

  referred(tag, data, decoder) {
    if (tag === 'o') {
      if (!this.own.has(data[1])) throw new NoValue('an unknown reference');
      return this.own.get(data[1]);
    }
    if (!Number.isSafeInteger(data[1])) throw new NoValue('what was sent is no value');
    if (!this.foreign.has(data[1])) {
      const made = foreign.standIn(this, tag, data, decoder);
      this.foreign.set(data[1], made);
      this.foreignNumbers.set(made, data[1]);
    } else if (!this.trusts) foreign.returned.add(this.foreign.get(data[1]));
    return this.foreign.get(data[1]);
  }
}

module.exports = { Exchange, Gone };
