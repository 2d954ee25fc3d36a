// What stands on one side for a thing of the other: functions, classes, objects with methods, promises.
//
// What a test does to such a stand-in is done across. What it compares, it compares here.
'use strict';
const { NoValue } = require('./values.js');

// Asked about the expected value, an object could agree with it. A test asks that only of objects that it made itself.
const PREDICATES = new Set(['includes', 'has', 'equals', 'isEqual', 'startsWith', 'endsWith', 'every', 'some', 'indexOf', 'test',
  'lastIndexOf', 'find', 'findIndex', 'findLast', 'findLastIndex', 'match', 'matchAll', 'search', 'contains', 'replace', 'replaceAll', 'split',
  'union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom', 'deepEqual', 'localeCompare']);
const SYMBOLS = new Map([['@@iterator', Symbol.iterator], ['@@asyncIterator', Symbol.asyncIterator], ['@@toPrimitive', Symbol.toPrimitive]]);
const NAMES = new Map([...SYMBOLS].map(([name, symbol]) => [symbol, name]));
const prototypes = new WeakMap();
const madeHere = new WeakSet();
// What the program answered with though a test knew it already.
const returned = new WeakSet();

const isClass = (f) => /^class\b/.test(Function.prototype.toString.call(f));

function describe(exchange, value, reference) {
  if (typeof value === 'function') {
    return ['hf', reference, String(value.name), isClass(value) ? 'class' : value.constructor?.name === 'AsyncFunction' ? 'async' : 'function',
      Number(value.length) || 0];
  }
  if (value instanceof Promise || typeof value?.then === 'function') return ['hp', reference];
  let made = null;
  try {
    const kind = Object.getPrototypeOf(value)?.constructor;
    if (typeof kind === 'function' && kind !== Object) made = exchange.known(kind) ?? exchange.reference(kind);
  } catch {
    // An object without a class.
  }
  return ['ho', reference, made];
}

function standIn(exchange, tag, data, decoder) {
  if (tag === 'hf') return callable(exchange, data[1], String(data[2]), String(data[3]), Number(data[4]) || 0);
  if (tag === 'hp') {
    const promise = exchange.requestLater('await', [data[1]]);
    promise.catch(() => {});
    return promise;
  }
  if (tag === 'ho') {
    const kind = data[2] === null ? null : decoder.decode(data[2]);
    if (kind !== null && typeof kind !== 'function') throw new NoValue('a class was expected');
    return object(exchange, data[1], kind);
  }
  throw new NoValue('what was sent is no value');
}

function prototypeOf(exchange, stub) {
  if (!prototypes.has(stub)) prototypes.set(stub, Object.create(Object.prototype, { constructor: { value: stub, configurable: true, writable: true } }));
  return prototypes.get(stub);
}

function callable(exchange, reference, name, kind, length) {
  const target = function (...args) {
    return exchange.request('call', [reference], [this === globalThis ? undefined : this, ...args]);
  };
  Object.defineProperty(target, 'name', { value: name, configurable: true });
  Object.defineProperty(target, 'length', { value: length, configurable: true });
  const stub = new Proxy(target, {
    construct(_, args) {
      const made = exchange.request('new', [reference], args);
      if (made !== null && typeof made === 'object') madeHere.add(made);
      return made !== null && (typeof made === 'object' || typeof made === 'function') ? made : {};
    },
    get(own, key) {
      if (key === 'prototype') return prototypeOf(exchange, stub);
      if (key === 'name' || key === 'length' || key === 'call' || key === 'apply' || key === 'bind' || key === 'toString') return Reflect.get(own, key);
      return typeof key === 'string' && key !== 'constructor' && key !== '__proto__' ? exchange.request('get', [reference, key]) : Reflect.get(own, key);
    },
    set(_, key, value) {
      exchange.request('set', [reference, String(key)], [value]);
      return true;
    },
    apply(own, self, args) {
      return exchange.request('call', [reference], [self === globalThis ? undefined : self, ...args]);
    },
  });
  return stub;
}

function primitiveOf(exchange, reference, stub, hint) {
  const own = exchange.request('get', [reference, '@@toPrimitive']);
  for (const name of typeof own === 'function' ? ['@@toPrimitive'] : hint === 'string' ? ['toString', 'valueOf'] : ['valueOf', 'toString']) {
    const method = exchange.request('get', [reference, name]);
    const value = typeof method === 'function' ? Reflect.apply(method, stub, name === '@@toPrimitive' ? [hint] : []) : stub;
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value;
  }
  throw new TypeError('an object of the program has no primitive value');
}

function object(exchange, reference, kind) {
  const target = Object.create(kind === null ? Object.prototype : prototypeOf(exchange, kind));
  const keys = () => {
    const names = exchange.request('keys', [reference]);
    return Array.isArray(names) ? [...new Set(names.filter((k) => typeof k === 'string' && k !== '__proto__'))] : [];
  };
  // As an operand it is one value as long as nothing else is asked of the program: what is above one bound is not below another.
  const read = new Map();
  let asked = -1;
  const primitive = (hint) => {
    if (asked !== exchange.requests) read.clear();
    if (!read.has(hint)) read.set(hint, primitiveOf(exchange, reference, stub, hint));
    asked = exchange.requests;
    return read.get(hint);
  };
  const stub = new Proxy(target, {
    get(own, key) {
      if (key === 'constructor') return kind ?? Object;
      if (key === 'then' && !exchange.trusts) return undefined;
      if (typeof key === 'symbol' && !NAMES.has(key)) return undefined;
      if (key === Symbol.toPrimitive && !exchange.trusts) return primitive;
      if (PREDICATES.has(key) && !exchange.trusts && !(madeHere.has(stub) && !(returned.has(stub) && exchange.chained?.has(key)))) {
        const value = exchange.request('get', [reference, key]);
        return typeof value === 'function' ? undefined : value;
      }
      return exchange.request('get', [reference, NAMES.get(key) ?? key]);
    },
    set(_, key, value) {
      exchange.request('set', [reference, String(key)], [value]);
      return true;
    },
    has(_, key) {
      return typeof key === 'string' && exchange.request('has', [reference, key]) === true;
    },
    deleteProperty(_, key) {
      return exchange.request('delete', [reference, String(key)]) === true;
    },
    ownKeys: keys,
    getOwnPropertyDescriptor(_, key) {
      if (typeof key !== 'string' || !keys().includes(key)) return undefined;
      return { value: exchange.request('get', [reference, key]), writable: true, enumerable: true, configurable: true };
    },
    defineProperty(_, key, descriptor) {
      exchange.request('set', [reference, String(key)], [descriptor.value]);
      return true;
    },
  });
  return stub;
}

module.exports = { describe, standIn, prototypes, returned, SYMBOLS };
