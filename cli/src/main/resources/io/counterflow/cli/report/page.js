const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const byId = id => document.getElementById(id);
// What rounds to zero from below has no sign.
const fixed = (x, digits) => x.toFixed(digits).replace(/^-(0(\.0*)?)$/, '$1');
const number = (x, digits = 3) => typeof x === 'number' && Number.isFinite(x) ? fixed(x, digits) : '–';
// As many colours as are asked for, all different: the first are chosen, the others go round the colour wheel.
const colour = i => { const chosen = [css('--accent'), '#e8590c', '#7048e8', '#2f9e44', '#c2255c', '#1971c2', '#868e96', '#f08c00'];
  return i < chosen.length ? chosen[i] : 'hsl(' + Math.round(i * 137.508) % 360 + ', ' + (i % 2 ? 70 : 45) + '%, ' + (i % 3 ? 40 : 60) + '%)'; };
const colours = Array.from({ length: 64 }, (_, i) => colour(i));
// What became of held-out prompts, in words.
const prompts = p => p.scored + (p.scored === p.sampled ? '' : ' of ' + p.sampled) + (p.givenUp ? ', ' + p.givenUp + ' given up' : '')
  + (p.sampled > p.scored + p.givenUp ? ', ' + (p.sampled - p.scored - p.givenUp) + ' not scored yet' : '');
function element(parent, tag, text, className) { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (className) e.className = className; parent.append(e); return e; }
