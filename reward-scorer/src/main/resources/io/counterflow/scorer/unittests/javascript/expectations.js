// What tests of other frameworks find in their scope: describe, it, hooks, and expect.
'use strict';
const assert = require('assert');

class Suites {
  constructor() {
    this.tests = [];
    this.stack = [{ names: [], before: [], after: [], beforeEach: [], afterEach: [], parent: null, opened: false }];
  }

  get top() {
    return this.stack[this.stack.length - 1];
  }

  globals() {
    const add = (name, options, body) => {
      const run = [name, options, body].find((x) => typeof x === 'function');
      const title = [...this.top.names, typeof name === 'string' ? name : run?.name || 'test'].join(' > ');
      if (run) this.tests.push({ name: title, run, suite: this.top });
    };
    const describe = (name, options, body) => {
      const run = [name, options, body].find((x) => typeof x === 'function');
      const parent = this.top;
      this.stack.push({ names: [...parent.names, String(name)], before: [], after: [], beforeEach: [], afterEach: [], parent, opened: false });
      try {
        run?.();
      } finally {
        this.stack.pop();
      }
    };
    const each = (table) => (name, body) => table.forEach((row, i) => add(`${name} ${i + 1}`, () => body(...(Array.isArray(row) ? row : [row]))));
    for (const f of [add, describe]) {
      f.skip = f.todo = () => {};
      f.only = f;
      f.each = each;
    }
    const hook = (kind) => (f) => this.top[kind].push(f);
    Object.assign(add, { describe, it: add, test: add });
    const hooks = { before: hook('before'), beforeAll: hook('before'), after: hook('after'), afterAll: hook('after'),
      beforeEach: hook('beforeEach'), afterEach: hook('afterEach') };
    Object.assign(add, hooks);
    return { describe, suite: describe, it: add, test: add, ...hooks };
  }

  async run(test) {
    const chain = [];
    for (let s = test.suite; s; s = s.parent) chain.unshift(s);
    for (const suite of chain) {
      if (suite.opened) continue;
      suite.opened = true;
      for (const f of suite.before) await called(f);
    }
    for (const suite of chain) for (const f of suite.beforeEach) await called(f);
    try {
      await called(test.run);
    } finally {
      for (const suite of chain.reverse()) for (const f of suite.afterEach) await called(f);
    }
  }
}

// Calls a test; one that takes an argument may mean a callback, or the context that node:test gives.
function called(run) {
  return run.length === 0 ? run() : withArgument(run);
}

async function withArgument(run) {
  let done;
  const isDone = new Promise((resolve, reject) => { done = (error) => (error ? reject(error) : resolve()); });
  isDone.catch(() => {});
  const context = Object.assign(done, {
    test: (name, options, f) => called([name, options, f].find((x) => typeof x === 'function')),
    diagnostic() {},
    fail: (error) => done(error ?? new Error('the test says that it failed')),
  });
  Object.defineProperty(context, 'name', { value: '' });
  // What it throws counts, also after somebody has called back.
  const result = run(context);
  if (result && typeof result.then === 'function') await result;
  else if (/\bdone\b|\bcb\b|\bcallback\b|\bnext\b/.test(String(run).slice(0, 200))) await isDone;
}

function expectation(count) {
  const matchers = {
    toBe: (a, b) => Object.is(a, b),
    toEqual: (a, b) => equal(() => assert.deepEqual(strip(a), strip(b))) && equal(() => assert.deepStrictEqual(strip(a), strip(b))),
    toStrictEqual: (a, b) => equal(() => assert.deepStrictEqual(a, b)),
    toBeCloseTo: (a, b, digits = 2) => typeof a === 'number' && (a === b || Math.abs(a - b) < 10 ** -digits / 2),
    toBeNull: (a) => a === null,
    toBeUndefined: (a) => a === undefined,
    toBeDefined: (a) => a !== undefined,
    toBeNaN: (a) => Number.isNaN(a),
    toBeTruthy: (a) => Boolean(a),
    toBeFalsy: (a) => !a,
    toContain: (a, b) => (typeof a === 'string' ? a.includes(b) : Array.from(a).includes(b)),
    toContainEqual: (a, b) => Array.from(a).some((x) => matchers.toEqual(x, b)),
    toHaveLength: (a, n) => a.length === n,
    toHaveProperty: (a, path, ...value) => {
      const keys = Array.isArray(path) ? path : String(path).split('.');
      let at = a;
      for (const k of keys) {
        if (at === null || at === undefined || !(k in Object(at))) return false;
        at = at[k];
      }
      return !value.length || matchers.toEqual(at, value[0]);
    },
    toMatch: (a, b) => (b instanceof RegExp ? b.test(a) : String(a).includes(b)),
    toMatchObject: (a, b) => Object.keys(b).every((k) => (b[k] !== null && typeof b[k] === 'object' ? matchers.toMatchObject(a[k], b[k]) : Object.is(a[k], b[k]))),
    toBeInstanceOf: (a, b) => a instanceof b,
    toBeGreaterThan: (a, b) => numbers(a, b) && a > b,
    toBeGreaterThanOrEqual: (a, b) => numbers(a, b) && a >= b,
    toBeLessThan: (a, b) => numbers(a, b) && a < b,
    toBeLessThanOrEqual: (a, b) => numbers(a, b) && a <= b,
    toThrow: (f, wanted) => {
      try {
        f();
      } catch (error) {
        return thrown(error, wanted);
      }
      return false;
    },
  };
  matchers.toThrowError = matchers.toThrow;
  const of = (value, not) => new Proxy({}, {
    get(_, name) {
      if (name === 'not') return of(value, !not);
      if (name === 'then') return undefined;
      if (name === 'resolves') return later(Promise.resolve(value), not);
      if (name === 'rejects') {
        return later(Promise.resolve(value).then(() => assert.fail('it did not reject'), (error) => error), not, true);
      }
      if (!Object.hasOwn(matchers, name)) throw new TypeError(`expect(...).${String(name)} is not known here`);
      return (...args) => {
        count();
        if (matchers[name](value, ...args) === Boolean(not)) assert.fail(`expect(${short(value)})${not ? '.not' : ''}.${name}(${args.map(short).join(', ')})`);
      };
    },
  });
  const later = (promise, not, rejected) => new Proxy({}, {
    get: (_, name) => (name === 'not' ? later(promise, !not, rejected) : (...args) => promise.then((value) => {
      const target = rejected && /^toThrow/.test(name) ? () => { throw value; } : value;
      of(target, not)[name](...args);
    })),
  });
  const expect = (value) => of(value, false);
  expect.assertions = expect.hasAssertions = () => {};
  return expect;
}

const numbers = (a, b) => ['number', 'bigint'].includes(typeof a) && ['number', 'bigint'].includes(typeof b);
const short = (value) => {
  try {
    return require('util').inspect(value, { depth: 3, customInspect: false }).slice(0, 200);
  } catch {
    return '?';
  }
};
const equal = (f) => {
  try {
    f();
    return true;
  } catch {
    return false;
  }
};
// As jest has it: what is undefined counts as missing.
const strip = (v) => (Array.isArray(v) ? v.map(strip)
  : v !== null && typeof v === 'object' && Object.getPrototypeOf(v) === Object.prototype
    ? Object.fromEntries(Object.entries(v).filter(([, x]) => x !== undefined).map(([k, x]) => [k, strip(x)])) : v);
const thrown = (error, wanted) => (wanted === undefined ? true
  : typeof wanted === 'string' ? String(error?.message).includes(wanted)
    : wanted instanceof RegExp ? wanted.test(String(error?.message))
      : typeof wanted === 'function' ? error instanceof wanted : error?.message === wanted?.message);

module.exports = { Suites, expectation };
