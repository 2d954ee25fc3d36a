// Values as data, in the form in which they cross between a program and its tests.
//
// null, booleans, strings and usual numbers are themselves in JSON; all else is a list that begins with a tag. Containers that can be
// changed carry a number, by which the same one is recognised when it occurs again and when the other side says that it changed.
// What is no data stays where it is and crosses as a reference: an Exchange says how.
'use strict';

const DEEPEST = 200;
const SPECIAL = new Map([['nan', NaN], ['inf', Infinity], ['-inf', -Infinity], ['-0', -0]]);
const ARRAYS = {
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
  BigInt64Array, BigUint64Array,
};
const ERRORS = { Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };

class NoValue extends Error {}

const isPlain = (v) => v === null || typeof v === 'boolean' || typeof v === 'string'
  || (typeof v === 'number' && Number.isFinite(v) && !Object.is(v, -0));

const bytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');

class Encoder {
  constructor(exchange, numbers = new Map()) {
    this.exchange = exchange;
    this.numbers = numbers;
    this.depth = 0;
  }

  number(value) {
    const n = this.numbers.size;
    this.numbers.set(value, n);
    return n;
  }

  encode(value) {
    if (isPlain(value)) return value;
    if (value === undefined) return ['u'];
    if (typeof value === 'number') return ['n', Number.isNaN(value) ? 'nan' : value === 0 ? '-0' : value > 0 ? 'inf' : '-inf'];
    if (typeof value === 'bigint') return ['i', String(value)];
    if (typeof value === 'symbol') return ['sy', Symbol.keyFor(value) ?? null, value.description ?? ''];
    if (this.numbers.has(value)) return ['m', this.numbers.get(value)];
    const known = this.exchange.known(value);
    if (known) return known;
    if (this.depth >= DEEPEST) throw new NoValue(`a value is nested more than ${DEEPEST} deep`);
    this.depth++;
    try {
      return this.isData(value) ? this.state(value, this.number(value)) : this.other(value);
    } finally {
      this.depth--;
    }
  }

  all(items) {
    return Array.from(items, (item) => this.encode(item));
  }

  isData(value) {
    if (typeof value === 'function') return false;
    if (Array.isArray(value) || value instanceof Map || value instanceof Set || value instanceof Date) return true;
    const proto = Object.getPrototypeOf(value);
    if (proto !== Object.prototype && proto !== null) return false;
    // An object with methods is no data: they change it where it is.
    return Object.values(Object.getOwnPropertyDescriptors(value)).every((d) => 'value' in d && typeof d.value !== 'function');
  }

  state(value, n) {
    if (Array.isArray(value)) {
      const items = Array.prototype.slice.call(value);
      return items.every(isPlain) ? ['L', n, items] : ['l', n, this.all(items)];
    }
    if (value instanceof Map) return ['M', n, this.all(Map.prototype.entries.call(value))];
    if (value instanceof Set) return ['s', n, this.all(Set.prototype.values.call(value))];
    if (value instanceof Date) return ['D', n, this.encode(Date.prototype.getTime.call(value))];
    return ['O', n, Object.keys(value).map((key) => [key, this.encode(value[key])]), Object.getPrototypeOf(value) === null];
  }

  other(value) {
    if (value instanceof RegExp) return ['R', value.source, value.flags];
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return this.encode(value.valueOf());
    if (Buffer.isBuffer(value)) return ['ta', 'Buffer', bytes(value)];
    for (const name of Object.keys(ARRAYS)) if (value instanceof ARRAYS[name]) return ['ta', name, bytes(value)];
    if (value instanceof ArrayBuffer) return ['ta', 'ArrayBuffer', bytes(new Uint8Array(value))];
    if (value instanceof Error) return ['E', this.exchange.encodeError(value, this)];
    return this.exchange.reference(value);
  }
}

class Decoder {
  constructor(exchange, numbered = new Map()) {
    this.exchange = exchange;
    this.numbered = numbered;
    this.depth = 0;
  }

  decode(data) {
    if (data === null || typeof data === 'boolean' || typeof data === 'string' || typeof data === 'number') return data;
    if (!Array.isArray(data) || typeof data[0] !== 'string') throw new NoValue('what was sent is no value');
    if (this.depth > DEEPEST) throw new NoValue(`a value is nested more than ${DEEPEST} deep`);
    this.depth++;
    try {
      return this.tagged(data[0], data);
    } catch (error) {
      if (error instanceof NoValue) throw error;
      throw new NoValue(`what was sent as ${String(data[0]).slice(0, 20)} is no value`);
    } finally {
      this.depth--;
    }
  }

  all(items) {
    if (!Array.isArray(items)) throw new NoValue('a list was expected');
    return items.map((item) => this.decode(item));
  }

  place(n, kind, make) {
    if (!Number.isSafeInteger(n) || n < 0) throw new NoValue('a number was expected');
    const known = this.numbered.get(n);
    if (known !== undefined && !(known instanceof kind)) throw new NoValue('a container cannot become another');
    const value = known ?? make();
    this.numbered.set(n, value);
    return value;
  }

  tagged(tag, data) {
    switch (tag) {
      case 'u': return undefined;
      case 'n': {
        if (!SPECIAL.has(data[1])) throw new NoValue('no number');
        return SPECIAL.get(data[1]);
      }
      case 'i': return BigInt(data[1]);
      case 'sy': return typeof data[1] === 'string' ? Symbol.for(data[1]) : Symbol(String(data[2]));
      case 'm': {
        if (!this.numbered.has(data[1])) throw new NoValue('an unknown number');
        return this.numbered.get(data[1]);
      }
      case 'L':
      case 'l': {
        const value = this.place(data[1], Array, () => []);
        const items = tag === 'l' ? this.all(data[2]) : data[2];
        if (tag === 'L' && !(Array.isArray(items) && items.every(isPlain))) throw new NoValue('plain values were expected');
        value.length = 0;
        for (const item of items) value.push(item);
        return value;
      }
      case 'O': {
        const value = this.place(data[1], Object, () => (data[3] === true ? Object.create(null) : {}));
        const pairs = data[2].map(([key, item]) => [String(key), this.decode(item)]);
        for (const key of Object.keys(value)) delete value[key];
        for (const [key, item] of pairs) {
          Object.defineProperty(value, key, { value: item, writable: true, enumerable: true, configurable: true });
        }
        return value;
      }
      case 'M': {
        const value = this.place(data[1], Map, () => new Map());
        const pairs = data[2].map((pair) => this.decode(pair));
        value.clear();
        for (const [key, item] of pairs) value.set(key, item);
        return value;
      }
      case 's': {
        const value = this.place(data[1], Set, () => new Set());
        const items = this.all(data[2]);
        value.clear();
        for (const item of items) value.add(item);
        return value;
      }
      case 'D': {
        const value = this.place(data[1], Date, () => new Date(0));
        value.setTime(this.decode(data[2]));
        return value;
      }
      case 'R': return new RegExp(String(data[1]), String(data[2]));
      case 'ta': return this.array(data[1], Buffer.from(String(data[2]), 'base64'));
      case 'E': return this.exchange.decodeError(data[1], this);
      default: return this.exchange.referred(tag, data, this);
    }
  }

  array(name, data) {
    if (name === 'Buffer') return data;
    const copy = new Uint8Array(data).buffer;
    if (name === 'ArrayBuffer') return copy;
    if (!Object.hasOwn(ARRAYS, name)) throw new NoValue('no array');
    return new ARRAYS[name](copy);
  }
}

// Whether a container holds other things than its shallow copy.
const copied = (c) => (Array.isArray(c) ? c.slice() : c instanceof Map ? new Map(c) : c instanceof Set ? new Set(c)
  : c instanceof Date ? c.getTime() : { ...c });
const entries = (c) => (Array.isArray(c) || c instanceof Set ? [...c] : c instanceof Map ? [...c].flat() : Object.entries(c).flat());
const changed = (c, before) => {
  if (c instanceof Date) return !Object.is(c.getTime(), before);
  const [now, then] = [entries(c), entries(before)];
  return now.length !== then.length || now.some((item, i) => !Object.is(item, then[i]));
};

module.exports = { Encoder, Decoder, NoValue, ERRORS, copied, changed };
