// How the search reads words, those of the book and those that a reader types: letters without accents and
// case, Chinese in pairs of signs, other words with and without their endings.
(() => {
  const FOLDED = {
    "ı": "i", "đ": "d", "ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe",
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك",
  };
  const ODD = new RegExp(`[${Object.keys(FOLDED).join("")}]`, "g");
  const DIGIT = /[٠-٩۰-۹]/g;
  const UNSPACED = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}";
  const WORD = new RegExp(`[${UNSPACED}]+|\\d+(?:[.,]\\d+)+|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}_])+`, "gu");
  const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");
  const PARTS = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|_+/u;

  const GREEK = Object.fromEntries("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho - sigma tau upsilon phi chi psi omega"
    .split(" ").map((name, place) => [String.fromCodePoint(0x3b1 + place), name]));

  // Endings that a word may lose, and what takes their place; written without accents. The longest one goes first.
  const ENDINGS = {
    en: {
      once: [
        [/is(?=(?:e[ds]?|ers?|ing|ations?)$)/, "iz"], [/iz(?:ations?|ing|ers?|e[ds]?)$/, ""],
        [/(?<=[sxz]|[cs]h)es$/, ""], [/(?<=..[^aisu])s$/, ""], [/(?<=...)ations?$/, ""],
        [/(?<=...)(?:at)?(?:ing|ed|e|ion)$/, ""], [/([bdgmnprt])\1$/, "$1"],
      ],
    },
    pt: {
      once: [
        [/^neural$/, "neuronal"], [/^neurais$/, "neuronal"], [/c(?=c)|[cp](?=t)/, ""],
        [/oes$/, "ao"], [/ais$/, "al"], [/eis$/, "el"], [/ns$/, "m"], [/(?<=[rz])es$/, ""], [/(?<=..[^s])s$/, ""],
        [/(?<=...)(?:imentos?|amentos?|acao|icao|ador|ante|ando|endo|indo|ada|ado|ida|ido|ar|er|ir|am|em|a|e|o)$/, ""],
      ],
    },
    tr: {
      often: /(?<=.{4})(?:l[ae]r|[iu]n|n[iu]n|d[ae]n?|t[ae]n?|l[iu]k|l[iu]|s[iu]|y?l[ae]|n?[iu]|y?[ae]n|m[ae]|m[ae]k|[yn]?[ae]|[iu]m)$/,
      once: [[/(?<=.{3})g$/, "k"], [/(?<=.{3})b$/, "p"], [/(?<=.{3})d$/, "t"]],
    },
    ar: {
      once: [
        [/^(?:[وف]?[بك]?ال|[وف]?لل)(?=...)/, ""],
        [/(?<=...)(?:يات|ات|يه|ين|ون|ان|ها|هم|ه|ي|ا)$/, ""],
      ],
    },
  };
  const JOINED = { ar: /^[وفبلك](?=....)/ }; // one letter that may be a word of its own before another
  const AFTER_NAMES = { en: /['’]s\b/gu, tr: /(?<=\p{L})['’]\p{L}+/gu };

  const fold = (text) => text.normalize("NFKD").replace(/[\p{M}\u0640\u200c]/gu, "").toLowerCase()
    .replace(ODD, (letter) => FOLDED[letter]).replace(DIGIT, (digit) => digit.codePointAt(0) % 16);

  function stem(word, language) {
    const { often, once = [] } = ENDINGS[language] ?? {};
    let [before, rest] = ["", word];
    while (often && before !== rest) [before, rest] = [rest, rest.replace(often, "")];
    return once.reduce((text, [ending, instead]) => text.replace(ending, instead), rest);
  }

  // Yield {text, at} for each word; where no spaces are written, for each two signs that stand together.
  function* words(text, language) {
    const cleared = text.replace(AFTER_NAMES[language] ?? /$^/g, (ending) => " ".repeat(ending.length));
    for (const { 0: found, index } of cleared.matchAll(WORD)) {
      if (!IS_UNSPACED.test(found)) yield { text: found, at: index };
      else for (let at = 0; at < found.length - 1 || !at; at += 1) yield { text: found.slice(at, at + 2), at: index + at };
    }
  }

  const isUnspaced = (word) => IS_UNSPACED.test(word);
  const partsOf = (word) => (PARTS.test(word) ? word.split(PARTS).filter((part) => part.length > 1) : []);
  const plain = (word, language) => [fold(word), stem(fold(word), language)];

  // What a word of the book is found by: itself, without its ending, and the parts of a name such as BatchNorm.
  function keys(word, language) {
    if (isUnspaced(word)) return word.length > 1 ? [word, word[0]] : [word];
    const found = plain(word, language), [whole] = found;
    found.push(...partsOf(word).flatMap((part) => plain(part, language)));
    if (GREEK[whole]) found.push(GREEK[whole]);
    if (JOINED[language]?.test(whole)) found.push(...plain(whole.replace(JOINED[language], ""), language));
    return [...new Set(found)].filter(Boolean);
  }

  globalThis.vgWords = { fold, stem, words, keys, plain, partsOf, isUnspaced };
})();
