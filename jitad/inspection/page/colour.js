// Colours of Python, IR, LLVM and assembly: words of a line in spans, made when a line comes into view.

/** One expression for several kinds of words, each a group by its name; earlier ones go first. */
function rule(kinds) {
  const groups = Object.entries(kinds).map(([name, words]) => `(?<${name}>${words.source})`);
  return new RegExp(groups.join("|"), "g");
}

const PYTHON_WORDS = [
  "and|as|assert|break|class|continue|def|elif|else|False|for|from|if|import|in|is|lambda|None|not|or|pass",
  "raise|range|return|True|while|with|yield",
].join("|");

const RULES = {
  python: rule({
    comment: /#.*/,
    string: /[rbf]*(?:"""[^]*?(?:"""|$)|'[^']*'|"[^"]*")/,
    number: /\b\d[\w.]*\b/,
    word: new RegExp(`\\b(?:${PYTHON_WORDS})\\b`),
  }),
  ir: rule({
    comment: /;.*/,
    string: /"[^"]*"/,
    name: /[%@][\w.]+/,
    type: /\b[fiu]\d+\b(?:\[[^\]]*\])?|\bbool\b/,
    number: /-?\b\d[\w.]*\b/,
    word: /\b(?:func|return|for|while|cond|call|checkpoint|check)\b/,
    op: /(?<== )\w+/,
  }),
  llvm: rule({
    comment: /;.*/,
    string: /"[^"]*"/,
    name: /[%@][\w.$-]+/,
    type: /\b(?:i\d+|double|float|ptr|void|label)\b|<\d+ x \w+>/,
    number: /-?\b(?:0x\w+|\d[\w.+-]*)\b/,
    op: /(?<== )(?:tail )?\w+|^ *(?:br|ret|store|switch|call|tail|fence|unreachable)\b/,
    word: /\b(?:define|declare|internal|target|attributes|source_filename)\b/,
    dim: /![\w.]+/,
  }),
  asm: rule({
    comment: /#.*/,
    type: /%\w+/,
    number: /\$?-?\b(?:0x[\da-f]+|\d+)\b/,
    name: /\.?L?[A-Za-z_.][\w.$]*:?$/,
    op: /^ +[a-z]\w*/,
    dim: /^ +\.\w+/,
  }),
};

/** Replace the text of a node by coloured words. */
function colour(node, text, language) {
  const words = RULES[language];
  if (!words) return;
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(words)) {
    if (!match[0]) continue;
    if (match.index > last) parts.push(text.slice(last, match.index));
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    parts.push(make("span", { className: `t-${kind}` }, match[0]));
    last = match.index + match[0].length;
  }
  if (!parts.length) return;
  parts.push(text.slice(last));
  node.replaceChildren(...parts);
}
