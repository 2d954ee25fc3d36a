// The forms in which JavaScript tests are written, found in their text alone: no program has a word in it.
'use strict';

class Unusable extends Error {}

const SHARING = ['fs', 'fs/promises', 'child_process', 'worker_threads', 'cluster', 'net', 'http', 'https', 'dgram', 'vm', 'v8', 'inspector',
  'os', 'async_hooks', 'perf_hooks', 'repl', 'sinon', 'proxyquire', 'rewire', 'mock-fs'];

// The text without comments and without what is in strings, lengths kept.
function bare(text) {
  let out = '';
  const blank = (s) => s.replace(/[^\n]/g, ' ');
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
  let at = 0;
  for (const match of text.matchAll(token)) {
    out += text.slice(at, match.index);
    const s = match[0];
    // What is in a template may be code.
    out += s[0] === '/' ? blank(s) : s[0] === '`' && s.includes('${') ? s.replace(/`/g, ' ') : s[0] + blank(s.slice(1, -1)) + s[0];
    at = match.index + s.length;
  }
  return out + text.slice(at);
}

function declared(code) {
  const names = new Set();
  for (const m of code.matchAll(/\b(?:function\s*\*?|class|const|let|var)\s+([\w$\u0080-\uffff]+)/g)) names.add(m[1]);
  for (const m of code.matchAll(/\b(?:const|let|var|import)\s*\{([^}]*)\}/g)) {
    for (const part of m[1].split(',')) names.add(part.split(/:|\bas\b|=/).map((s) => s.trim()).filter(Boolean).slice(0, 2).pop());
  }
  return names;
}

class Forms {
  constructor(text) {
    this.text = text;
    this.code = bare(text);
    this.names = declared(this.code);
  }

  // Why the tests cannot be kept apart from their program, or null.
  unsplittable() {
    for (const m of this.text.matchAll(/(?:require\(\s*|\bfrom\s+|\bimport\s+)['"](?:node:)?([\w/-]+)['"]/g)) {
      if (SHARING.includes(m[1])) return `they import ${m[1]}`;
    }
    for (const m of this.code.matchAll(/\bclass\s+([\w$]+)\s+extends\s+([\w$]+)/g)) {
      if (!this.names.has(m[2]) && typeof globalThis[m[2]] === 'undefined') return `their class ${m[1]} extends the program's ${m[2]}`;
    }
    if (/\bjest\.|\bvi\.(fn|mock|spyOn|use)|\bmock\.(method|timers|module)/.test(this.code)) return 'they replace what the program uses';
    if (/\b(?:Math\.random|Date\.now|Date|process\.stdin|console\.\w+|setTimeout|setInterval)\s*=[^=>]/.test(this.code)) {
      return 'they replace what the program uses';
    }
    if (/\.prototype\.[\w$]+\s*=[^=]|\bglobalThis\.[\w$]+\s*=[^=]|\bglobal\.[\w$]+\s*=[^=]/.test(this.code)) return 'they change what is global';
    if (/\beval\s*\(|\bnew\s+Function\b/.test(this.code)) return 'they run text as code';
    return null;
  }

  // Names that could be test functions, in their order.
  tests() {
    const found = [];
    for (const m of this.code.matchAll(/(?:\bfunction\s*\*?\s*|\b(?:const|let|var)\s+|^[ \t]*)(test[\w$\u0080-\uffff]*)\s*(?:\(|=(?!=))/gim)) {
      if (!found.includes(m[1]) && this.names.has(m[1])) found.push(m[1]);
    }
    return found;
  }

  // Whether a function is called anywhere, by this name.
  calls(name) {
    const calls = [...this.code.matchAll(new RegExp(`(^|[^\\w$.])${name}\\s*\\(`, 'g'))];
    return calls.some((m) => !/(?:function\s*\*?|class)\s*$/.test(this.code.slice(0, m.index + m[1].length)));
  }

  // Methods that the text calls on what a call gave, other than on a new object.
  chained() {
    const code = this.code.replace(/\bnew\s+[\w$.]+\s*\([^()]*\)/g, 'made');
    return new Set([...code.matchAll(/\)\s*\.\s*([\w$]+)\s*\(/g)].map((m) => m[1]));
  }

  // Whether the text holds anything that can fail a program: without it a script tests nothing.
  asserts() {
    return /\b(?:assert\w*|throw|expect|should|check\w*|test\w*|fail|it|describe|verify\w*|run\w*|process\.exit)\b/i.test(this.code);
  }
}

// Whether a test's text has an assertion that is to be reached: one that can only fail marks a place that is not.
function assertsItself(text) {
  const code = bare(text).replace(/\bassert\s*\.\s*fail\s*\(|\bassert(?:\s*\.\s*\w+)?\s*\(\s*(?:false|0)\b/g, ' ');
  return /\bassert(?:\s*\.\s*\w+)*\s*\(|\bexpect\s*\(/.test(code);
}

module.exports = { Forms, Unusable, assertsItself, bare };
