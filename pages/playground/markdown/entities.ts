/** Characters that Markdown may name: those of HTML that are written at all, and any by its number. */

const NAMED: ReadonlyMap<string, string> = new Map(
  (
    "amp & lt < gt > quot \" apos ' nbsp \u00a0 shy \u00ad ensp \u2002 emsp \u2003 thinsp \u2009 zwnj \u200c zwj \u200d " +
    "copy © reg ® trade ™ hellip … ndash – mdash — lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ” bdquo „ laquo « raquo » " +
    "bull • middot · para ¶ sect § dagger † Dagger ‡ deg ° prime ′ Prime ″ cent ¢ pound £ yen ¥ euro € curren ¤ " +
    "times × divide ÷ plusmn ± minus − frac12 ½ frac14 ¼ frac34 ¾ sup1 ¹ sup2 ² sup3 ³ micro µ ordm º ordf ª " +
    "larr ← uarr ↑ rarr → darr ↓ harr ↔ lArr ⇐ rArr ⇒ hArr ⇔ ne ≠ le ≤ ge ≥ asymp ≈ equiv ≡ infin ∞ radic √ " +
    "sum ∑ prod ∏ int ∫ part ∂ nabla ∇ isin ∈ notin ∉ cap ∩ cup ∪ sub ⊂ sup ⊃ sube ⊆ supe ⊇ and ∧ or ∨ not ¬ " +
    "forall ∀ exist ∃ empty ∅ there4 ∴ sdot ⋅ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ check ✓ cross ✗ star ☆ hearts ♥ " +
    "alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ " +
    "sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ " +
    "Omega Ω agrave à aacute á acirc â atilde ã auml ä aring å aelig æ ccedil ç egrave è eacute é ecirc ê euml ë " +
    "igrave ì iacute í icirc î iuml ï ntilde ñ ograve ò oacute ó ocirc ô otilde õ ouml ö oslash ø ugrave ù uacute ú " +
    "ucirc û uuml ü yacute ý yuml ÿ szlig ß Auml Ä Ouml Ö Uuml Ü Aring Å AElig Æ Ccedil Ç Eacute É Ntilde Ñ Oslash Ø " +
    "iexcl ¡ iquest ¿ lowbar _ ast * num # lbrack [ rbrack ] lbrace { rbrace } vert | grave ` colon :"
  )
    .split(" ")
    .flatMap((name, at, all): [string, string][] => (at % 2 === 0 ? [[name, all[at + 1] ?? ""]] : [])),
);
const REFERENCE = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z][a-z\d]{1,30}));/gi;
const LAST_CODE_POINT = 0x10ffff;

/** A text with the characters that it names. A name that is not known here stays as it is. */
export function decoded(text: string): string {
  return text.replace(REFERENCE, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED.get(name) ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    const isNone = code === 0 || code > LAST_CODE_POINT || (code >= 0xd800 && code <= 0xdfff);
    return isNone ? "\ufffd" : String.fromCodePoint(code);
  });
}
