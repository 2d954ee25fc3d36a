// Runs tests in each of their forms and says how each went.
'use strict';
const nodeAssert = require('assert');
const vm = require('vm');
const { Writable } = require('stream');
const { Gone } = require('./exchange.js');
const { Forms, Unusable, assertsItself, bare } = require('./forms.js');
const { isModule, module: moduleOf } = require('./modules.js');
const { Suites, expectation } = require('./expectations.js');

const LONGEST = 2000;
const LIBRARY = new Set(require('module').builtinModules);
const now = process.hrtime.bigint.bind(process.hrtime);
const realTimeout = setTimeout;

class Runs {
  constructor(task, say, exchange) {
    Object.assign(this, { task, say, exchange, counted: 0, asked: 0, out: { stdout: '', stderr: '' }, failure: null, timers: new Set() });
    this.suites = new Suites();
    this.failedBefore = null;
    this.asserted = 0;
    this.swallowed = [];
  }

  async run() {
    const { statements } = this.task;
    const text = statements ? [this.task.setup, ...statements].join('\n') : this.task.tests;
    this.forms = new Forms(text);
    if (!this.forms.code.trim()) throw new Unusable('the tests hold no test: there is no statement in them');
    this.compileAlone(text);
    const split = this.task.split !== false;
    const why = split ? this.forms.unsplittable() : null;
    if (why !== null) {
      this.say({ unsplittable: why });
      return;
    }
    if (!this.forms.asserts() && !(statements && statements.some(isComparison))) {
      throw new Unusable('the tests hold no test: there is no assertion and no test function in them');
    }
    this.prepare();
    this.say({ ready: true });
    const words = split ? this.exchange.request('compile') : this.compileShared();
    if (words !== null) {
      this.say({ invalid: String(words) });
      return;
    }
    await this.load(split);
    await (statements ? this.runStatements(statements) : this.runSource(text));
    if (!this.counted && !(this.asked && /\bthrow\b|process\.exit/.test(this.forms.code))) {
      throw new Unusable('the tests hold no test: no assertion ran');
    }
  }

  compileAlone(text) {
    if (isModule(text)) return;
    try {
      new vm.Script(text, { filename: 'tests.js' });
    } catch (error) {
      if (/\bawait\b/.test(text)) {
        try {
          new vm.SourceTextModule(text);
          this.asModule = true;
          return;
        } catch {
          // It is at fault either way.
        }
      }
      throw new Unusable(`the tests do not compile by themselves: ${error.message}`);
    }
  }

  compileShared() {
    try {
      if (!isModule(this.task.source)) new vm.Script(this.task.source, { filename: 'program.js' });
      return null;
    } catch (error) {
      return String(error).slice(0, LONGEST);
    }
  }

  // What tests find in their scope.
  prepare() {
    const count = () => { this.counted++; this.asserted++; };
    this.exchange.chained = this.forms.chained();
    // An assertion that failed in what the program called has failed the test, unless the program let it through.
    this.exchange.raised = (error) => { if (isAssertion(error)) this.swallowed.push(error); };
    this.exchange.arrived = (error) => { this.swallowed = this.swallowed.filter((e) => e.message !== error?.message); };
    for (const name of ['stdout', 'stderr']) {
      const stream = new Writable({ decodeStrings: false, write: (chunk, _, done) => { this.wrote(name, String(chunk)); done(); } });
      Object.defineProperty(process, name, { value: stream, configurable: true });
    }
    this.exchange.output = (stream, text) => (stream === 'stderr' ? process.stderr : process.stdout).write(String(text));
    this.exchange.failed = () => this.exchange.ended();
    // Tests written with it mean it; by itself it only prints.
    console.assert = (condition, ...message) => {
      count();
      if (!condition) throw new NotSo('assertion failed' + (message.length ? ': ' + message.join(' ') : ''));
    };
    const counting = (f) => new Proxy(f, {
      apply: (target, self, args) => { count(); return Reflect.apply(target, self, args); },
      get: (target, key) => (typeof target[key] === 'function' && key !== 'AssertionError' ? counting(target[key]) : target[key]),
    });
    this.assert = counting(nodeAssert);
    const suites = this.suites.globals();
    Object.assign(globalThis, suites, { assert: this.assert, expect: expectation(count) });
    this.nodeTest = Object.assign(suites.test, suites, { default: suites.test });
    globalThis.require = (name) => this.required(name);
    globalThis.module = { exports: {} };
    globalThis.exports = globalThis.module.exports;
    for (const name of ['setTimeout', 'setImmediate']) {
      const real = globalThis[name];
      globalThis[name] = (f, ...rest) => {
        const entry = {};
        this.timers.add(entry);
        entry.handle = real((...args) => { this.timers.delete(entry); f(...args); }, ...rest);
        return entry.handle;
      };
    }
    for (const name of ['clearTimeout', 'clearImmediate']) {
      const real = globalThis[name];
      globalThis[name] = (handle) => {
        for (const entry of this.timers) if (entry.handle === handle) this.timers.delete(entry);
        real(handle);
      };
    }
    process.exit = (code) => { throw new Error(`process.exit(${code ?? 0}): leaving is not passing`); };
    const fail = (error) => { this.failure ??= describe(error); };
    process.on('uncaughtException', fail);
    process.on('unhandledRejection', fail);
  }

  required(name) {
    const plain = String(name).replace(/^node:/, '');
    if (plain === 'assert') return this.assert;
    if (plain === 'assert/strict') return Object.assign(this.assert.strict, {});
    if (['test', '@jest/globals', 'vitest', 'mocha'].includes(plain)) return Object.assign(this.nodeTest, { expect: globalThis.expect });
    if (/^[./]/.test(plain)) return this.exported();
    try {
      return require(plain);
    } catch (error) {
      if (error.code === 'MODULE_NOT_FOUND') this.fault ??= `they need the module '${plain}', which is not installed`;
      throw error;
    }
  }

  exported() {
    if (this.task.split === false) return globalThis.programExports ?? globalThis.module.exports;
    return new Proxy(this.exchange.request('exports') ?? {}, {
      get: (target, key) => {
        const value = target[key];
        return value === undefined && typeof key === 'string' && this.names?.includes(key) ? globalThis[key] : value;
      },
    });
  }

  // The program, and its names in this scope.
  async load(split) {
    try {
      if (!split) {
        new vm.Script(this.task.source, { filename: 'program.js' }).runInThisContext();
        globalThis.programExports = globalThis.module.exports;
        this.asked++;
        return;
      }
      await this.exchange.request('load');
      const names = this.exchange.request('names');
      this.names = Array.isArray(names) ? names.filter((n) => typeof n === 'string') : [];
    } catch (error) {
      this.failedBefore = describe(error);
      return;
    }
    const stands = new Map();
    // A module of the library that the program called by its name is the library's.
    for (const name of this.names) if (LIBRARY.has(name) && !(name in globalThis)) globalThis[name] = this.required(name);
    for (const name of this.names) {
      if (Object.getOwnPropertyDescriptor(globalThis, name)?.configurable === false || (name in globalThis && name !== this.task.entry_point)) continue;
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get: () => {
          this.asked++;
          if (stands.has(name)) return stands.get(name);
          const value = this.exchange.request('name', [name]);
          if (typeof value === 'function') stands.set(name, value);
          return value;
        },
        set: (value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true }),
      });
    }
  }

  // What the program does later with a callback belongs to the test that passed it.
  async whileListening(call) {
    this.exchange.socket?.ref();
    try {
      await call();
      if (this.exchange.own?.size && this.exchange.gone === null) await this.exchange.requestLater('idle', []);
    } finally {
      this.exchange.socket?.unref();
    }
  }

  wrote(stream, text) {
    this.out[stream] = (this.out[stream] + text).slice(0, LONGEST);
  }

  // `text` is the test's, where it is to have reached an assertion.
  async runOne(index, call, text = '') {
    this.out = { stdout: '', stderr: '' };
    this.failure = null;
    if (text !== this.evaluated) [this.asserted, this.swallowed] = [0, []];
    this.say({ start: index });
    const start = now();
    let failure = null;
    try {
      if (this.failedBefore !== null) throw new Failed(`the program failed before its tests: ${this.failedBefore}`);
      await this.whileListening(call);
      while (this.timers.size) await new Promise((resolve) => { realTimeout(resolve, 1); });
      // What a promise that nobody waits for has to say comes a turn later.
      await new Promise((resolve) => { realTimeout(resolve, 0); });
    } catch (error) {
      failure = describe(error);
    }
    failure ??= this.failure;
    if (failure === null && this.swallowed.length) failure = describe(this.swallowed[0]);
    if (failure === null && !this.asserted && this.asked && assertsItself(text)) failure = 'no assertion of the test was reached';
    if (failure !== null) this.counted++;
    this.say({ end: index, micros: Number((now() - start) / 1000n), failure, ...this.out, gone: this.exchange.gone !== null });
  }

  async runStatements(statements) {
    this.say({ names: statements.map((_, i) => `test ${i + 1}`) });
    for (const [i, statement] of statements.entries()) {
      await this.runOne(i, async () => {
        if (i === 0 && this.task.setup) vm.runInThisContext(this.task.setup, { filename: 'setup.js' });
        const result = await new vm.Script(statement, { filename: `test ${i + 1}` }).runInThisContext();
        if (typeof result === 'boolean' && isComparison(statement)) {
          this.counted++;
          if (!result) throw new Error(`it is false: ${statement.slice(0, 200)}`);
        }
      }, statement);
    }
  }

  async runSource(text) {
    let failed = false;
    let failure;
    if (this.failedBefore === null) {
      this.out = { stdout: '', stderr: '' };
      this.evaluated = text;
      // Until it has run nobody knows which tests there are; whatever it says is the first one's.
      try {
        await this.evaluate(text);
      } catch (error) {
        [failed, failure] = [true, error];
      }
      if (this.fault) throw new Unusable(`the tests are at fault by themselves: ${this.fault}`);
    }
    const tests = failed ? [] : this.found(text);
    if (!tests.length) {
      // The script itself is the test, and it has run already.
      this.say({ names: ['main'] });
      return this.runOne(0, async () => {
        if (failed) throw failure;
      }, text);
    }
    this.say({ names: tests.map((t) => t.name) });
    for (const [i, test] of tests.entries()) await this.runOne(i, test.run, test.text);
    return undefined;
  }

  async evaluate(text) {
    if (this.asModule || isModule(text)) {
      const made = await moduleOf(text, 'tests.mjs', (name) => this.required(name));
      await made.evaluate();
    } else {
      new vm.Script(text, { filename: 'tests.js' }).runInThisContext();
    }
  }

  // The tests that the text defined and has not run.
  found(text) {
    const tests = this.suites.tests.map((t) => ({ name: t.name, text: String(t.run), run: () => { this.counted++; return this.suites.run(t); } }));
    for (const name of this.forms.tests()) {
      const value = valueOf(name);
      if (typeof value !== 'function' || value.length || this.exchange.foreignNumbers?.has(value)) continue;
      tests.push({ name, text: String(value), run: () => { this.counted++; return finished(value()); } });
    }
    const check = valueOf('check');
    if (!tests.length && typeof check === 'function' && this.forms.names.has('check') && !this.forms.calls('check')) {
      const entry = this.task.entry_point;
      if (check.length && !entry) throw new Unusable("check(candidate) is not called, and the prompt's metadata has no 'entry_point'");
      tests.push({ name: 'check', text: String(check), run: () => finished(check.length ? check(valueOf(entry)) : check()) });
    }
    return tests;
  }
}

class Failed extends Error {}

// What console.assert throws here.
class NotSo extends Error {}

const isAssertion = (error) => error instanceof nodeAssert.AssertionError || error instanceof NotSo;

const valueOf = (name) => {
  try {
    return vm.runInThisContext(name);
  } catch {
    return undefined;
  }
};

const isComparison = (statement) => /[=!]==?|[<>]/.test(bare(statement)) && !/\b(?:const|let|var|function|if|for|while)\b|[^=!<>]=[^=>]/.test(bare(statement));

// A generator's steps are the test's.
async function finished(result) {
  const value = await result;
  if (value && typeof value.next === 'function') for await (const step of value) if (typeof step === 'function') await step();
}

function describe(error) {
  if (error instanceof Failed) return error.message.slice(0, LONGEST);
  if (error instanceof Gone) return error.message.slice(0, LONGEST);
  try {
    return String(error).slice(0, LONGEST);
  } catch {
    return 'an error whose toString failed';
  }
}

module.exports = { Runs };
