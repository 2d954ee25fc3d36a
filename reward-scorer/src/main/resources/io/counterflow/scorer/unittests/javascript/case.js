// Runs one program as a script, with the standard streams that it has: for a case of input and output.
//
// The program's text comes first on standard input, after its length on a line of its own; what follows is the program's.
'use strict';
const fs = require('fs');
const vm = require('vm');
const { isModule, module: moduleOf } = require('./modules.js');

const one = Buffer.alloc(1);
let size = '';
while (!size.endsWith('\n')) {
  fs.readSync(0, one, 0, 1, null);
  size += one.toString('latin1');
}
const source = Buffer.alloc(Number(size));
for (let at = 0; at < source.length;) at += fs.readSync(0, source, at, source.length - at, null);
// Without /proc there is no /dev/stdin; programs read it as a file.
const readFileSync = fs.readFileSync;
fs.readFileSync = (path, ...rest) => readFileSync(path === '/dev/stdin' ? 0 : path, ...rest);
const text = source.toString('utf8');
if (isModule(text)) {
  moduleOf(text, 'program.mjs', require).then((made) => made.evaluate()).catch((error) => {
    process.stderr.write(String(error && error.stack) + '\n');
    process.exitCode = 1;
  });
} else {
  globalThis.require = require;
  globalThis.module = module;
  globalThis.exports = module.exports;
  new vm.Script(text, { filename: 'program.js' }).runInThisContext();
}
