const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const byId = id => document.getElementById(id);
const number = (x, digits = 3) => x === null || x === undefined || !Number.isFinite(x) ? '–' : x.toFixed(digits);
function element(parent, tag, text, className) { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (className) e.className = className; parent.append(e); return e; }
