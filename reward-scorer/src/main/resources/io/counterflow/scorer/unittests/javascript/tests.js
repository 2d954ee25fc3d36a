// Runs the tests of one program that runs in another process, whose code this one never loads: its names are stand-ins here.
//
// Standard input brings frames: first the task {"tests", "statements", "setup", "entry_point", "given"}, then what the program's
// process says. Standard output takes frames that begin with P for the program, or V for the verdict:
//     {"ready": true} | {"names": [...]} | {"start": INDEX} | {"end": INDEX, "micros", "failure", "stdout", "stderr"}
//     {"invalid": WORDS} | {"unusable": SENTENCE} | {"unsplittable": WHY} | {"done": true}
'use strict';
const fs = require('fs');
const { Exchange, Gone } = require('./exchange.js');
const { Unusable } = require('./forms.js');
const { Runs } = require('./runs.js');

const write = fs.writeSync;
const exit = process.reallyExit.bind(process);
const stringify = JSON.stringify;
const frame = (kind, text) => {
  const data = Buffer.allocUnsafe(5 + text.length);
  data.writeUInt32BE(1 + text.length, 0);
  data[4] = kind.charCodeAt(0);
  text.copy(data, 5);
  for (let at = 0; at < data.length;) at += write(1, data, at);
};
const say = (what) => frame('V', Buffer.from(stringify(what)));

const exchange = new Exchange((text) => frame('P', text), serve, false);
let runs = null;

// What the program may ask: to call what it was given, and to read and change the tests' own objects.
function serve(operation, fixed, values) {
  if (operation === 'read') return '';
  const target = exchange.own.get(fixed[0]);
  const name = fixed[1];
  if (operation === 'call' && typeof target === 'function') return Reflect.apply(target, values[0], values.slice(1));
  if (operation === 'await') return target;
  const open = target !== null && typeof target === 'object' && !(target instanceof Promise);
  if (open && typeof name === 'string' && !['constructor', '__proto__', 'prototype'].includes(name)) {
    if (operation === 'get') return name === '@@iterator' ? target[Symbol.iterator]?.bind(target) : target[name];
    if (operation === 'set') return void (target[name] = values[0]);
    if (operation === 'has') return name in target;
  }
  if (open && operation === 'keys') return Object.keys(target);
  throw new TypeError(`the tests do not answer ${String(operation)}`);
}

async function main() {
  const task = JSON.parse(exchange.frameNow());
  runs = new Runs(task, say, exchange);
  exchange.listen(() => exchange.ended());
  exchange.socket.unref();
  try {
    await runs.run();
  } catch (error) {
    if (error instanceof Unusable) say({ unusable: error.message });
    else if (!(error instanceof Gone)) say({ broken: String(error && error.stack).slice(0, 2000) });
  }
  say({ done: true });
  exit(0);
}

main();
