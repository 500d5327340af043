// Colours of Python, IR, LLVM and assembly: words of a line in spans, made when a line comes into view.

const RULES = {
  python: /(?<comment>#.*)|(?<string>[rbf]*("""[^]*?(?:"""|$)|'[^']*'|"[^"]*"))|(?<number>\b\d[\w.]*\b)|(?<word>\b(?:def|class|return|for|while|if|elif|else|in|not|and|or|import|from|as|with|lambda|None|True|False|range|break|continue|is|pass|yield|raise|assert)\b)/g,
  ir: /(?<comment>;.*)|(?<string>"[^"]*")|(?<name>[%@][\w.]+)|(?<type>\b[fiu]\d+\b(?:\[[^\]]*\])?|\bbool\b)|(?<number>-?\b\d[\w.]*\b)|(?<word>\b(?:func|return|for|while|cond|call|checkpoint|check)\b)|(?<op>(?<== )\w+)/g,
  llvm: /(?<comment>;.*)|(?<string>"[^"]*")|(?<name>[%@][\w.$-]+)|(?<type>\b(?:i\d+|double|float|ptr|void|label)\b|<\d+ x \w+>)|(?<number>-?\b(?:0x\w+|\d[\w.+-]*)\b)|(?<op>(?<== )(?:tail )?\w+|^ +(?:br|ret|store|switch|call|tail|fence|unreachable)\b)|(?<word>\b(?:define|declare|internal|target|attributes|source_filename)\b)|(?<dim>![\w.]+)/g,
  asm: /(?<comment>#.*)|(?<type>%\w+)|(?<number>\$?-?\b(?:0x[\da-f]+|\d+)\b)|(?<name>\.?L?[A-Za-z_.][\w.$]*:?$)|(?<op>^ +[a-z]\w*)|(?<dim>^ +\.\w+)/g,
};

/** Replace the text of a node by coloured words. */
function colour(node, text, language) {
  const rule = RULES[language];
  if (!rule) return;
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(rule)) {
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
