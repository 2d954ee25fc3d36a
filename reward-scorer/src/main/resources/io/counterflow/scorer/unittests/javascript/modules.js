// ECMAScript modules, of programs and of tests.
'use strict';
const vm = require('vm');

const isModule = (text) => /^[ \t]*(?:export\s+(?:default|const|let|var|function|class|async|\{|\*)|import\s+(?:[\w*{]|['"]))/m.test(text);

// A module whose imports are what `find` gives for their names.
async function moduleFrom(text, filename, find) {
  const made = new vm.SourceTextModule(text, { identifier: filename, importModuleDynamically: (name) => link(name) });
  const link = async (name) => {
    const found = find(name);
    const keys = new Set(['default', ...Object.keys(found ?? {})]);
    const synthetic = new vm.SyntheticModule([...keys], function () {
      for (const key of keys) this.setExport(key, key === 'default' ? found?.default ?? found : found[key]);
    });
    await synthetic.link(() => {});
    await synthetic.evaluate();
    return synthetic;
  };
  await made.link(link);
  return made;
}

module.exports = { isModule, module: moduleFrom };
