// Runs one program and does with it what its tests ask. The tests are in another process: nothing here knows what they expect.
//
// Standard input brings frames: the program's text, then requests; standard output takes the answers.
'use strict';
const fs = require('fs');
const vm = require('vm');
const { Writable } = require('stream');
const { Exchange } = require('./exchange.js');
const { SYMBOLS } = require('./foreign.js');
const { isModule, module: moduleOf } = require('./modules.js');

const write = fs.writeSync;
const exit = process.reallyExit.bind(process);
const frame = (text) => {
  const data = Buffer.allocUnsafe(4 + text.length);
  data.writeUInt32BE(text.length, 0);
  text.copy(data, 4);
  for (let at = 0; at < data.length;) at += write(1, data, at);
};

frame(Buffer.from('["up"]'));
let source = null;
const before = new Set(Object.getOwnPropertyNames(globalThis));
const exchange = new Exchange(frame, serve, true);
let exported = {};
const later = setTimeout;

for (const name of ['stdout', 'stderr']) {
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, encoding, done) {
      const text = String(chunk);
      for (let at = 0; at < text.length; at += 1 << 20) exchange.write(['o', name, text.slice(at, at + (1 << 20))]);
      done();
    },
  });
  Object.defineProperty(process, name, { value: stream, configurable: true, writable: true });
}

const ownRequire = (name) => {
  if (/^(node:)?inspector/.test(name)) throw new Error('there is no inspector here');
  if (name === 'fs' || name === 'node:fs') return new Proxy(fs, { get: (o, k) => (k === 'readFileSync' ? readFile : o[k]) });
  return require(name);
};
const readFile = (path, ...rest) => (path === 0 || path === '/dev/stdin' ? exchange.request('read') : fs.readFileSync(path, ...rest));

async function load() {
  if (isModule(source)) {
    const module = await moduleOf(source, 'program.mjs', (name) => ownRequire(name));
    await module.evaluate();
    exported = module.namespace;
    return;
  }
  globalThis.require = ownRequire;
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;
  globalThis.__filename = '/tmp/program.js';
  globalThis.__dirname = '/tmp';
  new vm.Script(source, { filename: 'program.js' }).runInThisContext();
  exported = globalThis.module.exports;
}

// The names that the program defines, each with how it is to be reached.
function names() {
  const found = [];
  for (const name of new Set(source.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu) ?? [])) {
    if (before.has(name) || ['require', 'module', 'exports'].includes(name)) continue;
    try {
      if (vm.runInThisContext(`typeof ${name}`) !== 'undefined') found.push(name);
    } catch {
      // A keyword, or a name that is not defined yet.
    }
  }
  if (exported !== null && (typeof exported === 'object' || typeof exported === 'function')) {
    for (const name of Object.keys(exported)) if (!found.includes(name)) found.push(name);
  }
  return found;
}

function named(name) {
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) {
    try {
      if (!before.has(name) && vm.runInThisContext(`typeof ${name}`) !== 'undefined') return vm.runInThisContext(name);
    } catch {
      // Not in the scope of scripts.
    }
  }
  return exported?.[name];
}

const key = (name) => SYMBOLS.get(name) ?? name;

function serve(operation, fixed, values) {
  const target = exchange.own.get(fixed[0]);
  switch (operation) {
    case 'compile':
      try {
        if (!isModule(source)) new vm.Script(source, { filename: 'program.js' });
        return null;
      } catch (error) {
        return String(error).slice(0, 2000);
      }
    case 'load': return load();
    case 'names': return names();
    case 'name': return named(fixed[0]);
    case 'exports': return exported;
    case 'main': return main(...fixed);
    case 'call': return Reflect.apply(target, values[0], values.slice(1));
    case 'new': return Reflect.construct(target, values);
    case 'get': return target[key(fixed[1])];
    case 'set': return void (target[fixed[1]] = values[0]);
    case 'has': return fixed[1] in target;
    case 'delete': return delete target[fixed[1]];
    case 'keys': return Object.keys(target);
    case 'await': return target;
    case 'idle': return idle();
    default: throw new Error(`no operation ${operation}`);
  }
}

// Comes back when no timer is left, or after a second.
async function idle() {
  for (let i = 0; i < 500 && process.getActiveResourcesInfo().includes('Timeout'); i++) await new Promise((r) => { later(r, 2); });
}

// What a case asks: a function of the program, or a method of a new object of one of its classes.
function main(name, args) {
  let parts = name.split('.');
  if (parts.length === 1 && named(parts[0]) === undefined && named('Solution')) parts = ['Solution', parts[0]];
  let target = named(parts[0]);
  if (target === undefined) throw new ReferenceError(`${parts[0]} is not defined`);
  let self;
  for (const part of parts.slice(1)) {
    self = typeof target === 'function' && target[part] === undefined ? new target() : target;
    target = self[part];
  }
  return Reflect.apply(target, self, args);
}

process.on('uncaughtException', (error) => {
  try {
    exchange.write(['o', 'stderr', `uncaught ${String(error && error.message).slice(0, 2000)}\n`]);
  } finally {
    exit(1);
  }
});
process.on('unhandledRejection', () => {});
// The text comes first, on its own.
source = JSON.parse(exchange.frameNow()).source;
exchange.failed = () => exit(0);
exchange.listen(() => exit(0));
