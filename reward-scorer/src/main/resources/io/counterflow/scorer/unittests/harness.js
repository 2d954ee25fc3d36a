// Runs one program and its tests. Arguments: the program's file, the character at which its tests begin.
//
// Says how each test went on what was standard output, each line beginning with the nonce from the environment:
//     NONCE invalid MESSAGE | NONCE tests NAMES | NONCE start INDEX | NONCE end INDEX MICROSECONDS JSON
'use strict';
(async () => {
  const fs = require('fs');
  const vm = require('vm');
  const [path, offset] = [process.argv[2], Number(process.argv[3])];
  const nonce = process.env.NONCE;
  delete process.env.NONCE;
  const write = fs.writeSync;
  const stringify = JSON.stringify;
  const now = process.hrtime.bigint.bind(process.hrtime);
  const say = (...words) => write(1, Buffer.from(nonce + ' ' + words.join(' ').replaceAll('\n', ' ') + '\n'));
  const cut = (text) => text.slice(0, 2000);
  const describe = (error) => {
    try {
      return cut(String(error));
    } catch {
      return 'an error whose toString failed';
    }
  };

  const source = fs.readFileSync(path, 'utf8');
  const names = [...source.slice(offset).matchAll(/^(?:async\s+)?function\s+(test\w*)\s*\(\s*\)/gm)].map((m) => m[1]);
  let script;
  try {
    script = new vm.Script(source, { filename: 'program.js' });
  } catch (error) {
    say('invalid', stringify(describe(error)));
    return;
  }
  say('tests', stringify(names.length ? names : ['main']));

  let stdout = '';
  let stderr = '';
  process.stdout.write = (chunk) => { stdout = cut(stdout + chunk); return true; };
  process.stderr.write = (chunk) => { stderr = cut(stderr + chunk); return true; };
  // Tests written with it mean it; by itself it only prints.
  console.assert = (condition, ...message) => {
    if (!condition) throw new Error('assertion failed' + (message.length ? ': ' + message.join(' ') : ''));
  };
  globalThis.require = require;
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;

  const run = async (index, call) => {
    stdout = '';
    stderr = '';
    say('start', index);
    const start = now();
    let failure = null;
    try {
      await call();
    } catch (error) {
      failure = describe(error);
    }
    say('end', index, (now() - start) / 1000n, stringify({ failure, stdout, stderr }));
  };

  if (!names.length) {
    await run(0, () => script.runInThisContext());
  } else {
    let failure = null;
    for (const [index, name] of names.entries()) {
      await run(index, async () => {
        if (index === 0) {
          try {
            script.runInThisContext();
          } catch (error) {
            failure = describe(error);
          }
        }
        if (failure !== null) throw new Error('the program failed before its tests: ' + failure);
        await vm.runInThisContext(name)();
      });
    }
  }
  // A timer that the program left would keep the process waiting.
  process.reallyExit(0);
})();
