// How the search reads words, those of the book and those that a reader types: letters without accents and
// case, Chinese in pairs of signs, other words with and without their endings.
(() => {
  const FOLDED = {
    "ı": "i", "đ": "d", "ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe",
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك",
  };
  const signs = [...(globalThis.vgSigns ?? "").replace(/\s/g, "")]; // in pairs, where the page's language writes Chinese
  for (let at = 0; at < signs.length; at += 2) FOLDED[signs[at]] = signs[at + 1];
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
        [/(?<=....)[ae]n(?:t|ce|cy)$/, ""], [/(?<=...)(?:at)?(?:ing|ed|e|ion)$/, ""], [/([bdgmnprt])\1$/, "$1"],
      ],
    },
    pt: {
      once: [
        [/^neural$/, "neuronal"], [/^neurais$/, "neuronal"], [/c(?=c)|[cp](?=t)/, ""],
        [/oes$/, "ao"], [/ais$/, "al"], [/eis$/, "el"], [/ns$/, "m"], [/(?<=[rz])es$/, ""], [/(?<=..[^s])s$/, ""],
        [/(?<=....)[ae]n(?:te|cia|ca)$/, ""], [/(?<=...)(?:imentos?|amentos?|acao|icao|ador|ante|ando|endo|indo|ada|ado|ida|ido|ar|er|ir|am|em|a|e|o)$/, ""],
      ],
    },
    tr: {
      often: /(?<=.{4})(?:l[ae]r|[iu]n|n[iu]n|d[ae]n?|t[ae]n?|l[iu]k|l[iu]|s[iu]|y?l[ae]|n?[iu]|y?[ae]n|[iu]lm[ae]|m[ae]|m[ae]k|[yn]?[ae]|[iu]m)$/,
      once: [[/(?<=yo)n$/, ""], [/(?<=.{3})g$/, "k"], [/(?<=.{3})b$/, "p"], [/(?<=.{3})d$/, "t"]],
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

  // Words of a question that say nothing of what is sought, as they are written and as they are typed without accents.
  const little = (text) => new Set(text.split(" "));
  const LITTLE = {
    en: little("a an the and or of to in on at for with from is are was were be been am do does did can could should would will i me my we us our you your it its this that these those how why what which when where who whom whose there here please always still"),
    vi: little("tại tai sao vì làm lam thế nào nao như nhu là gì gi tôi của cua bị được thì mà cái này khi và ở để cho có với thể nên hãy vẫn mãi cứ"),
    tr: little("neden niye niçin nicin nasıl nasil ne nedir nedenle hangi hangisi kim mi mı mu mü midir bir ve ile için icin bu şu benim bizim hep hâlâ hala"),
    pt: little("a o as os à ao um uma uns e de do da dos das em no na nos nas com para por pelo pela que o qual quais como porque porquê porque quando onde quem é e são sao está esta estão meu minha meus minhas nosso se isto este esse sempre ainda devo posso"),
    ar: little("كيف لماذا لما ما ماذا هل هو هي في من على إلى الى عن أن ان هذا هذه الذي التي متى أين اين أي اي لدي عندي مع دائما"),
  };
  const LITTLE_SIGNS = /为什么|為什麼|为何|為何|怎么办|怎麼辦|怎么样|怎麼樣|怎么|怎麼|怎样|怎樣|如何|什么是|什麼是|是什么|是什麼|什么|什麼|我的|请问|請問|一直|总是|總是|吗|嗎|呢/g;
  // Not, as people speak and type it.
  const REFUSED = {
    en: [/n['’]t(?!\p{L})/giu, " not"],
    vi: [/(?<!\p{L})(?:ko|kg|hok|hông|chẳng|chả|chưa)(?!\p{L})/giu, "không"],
  };

  const ONE_WRONG = 4, TWO_WRONG = 8; // letters from which on a word may be misspelt once, or twice

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

  // A query without the words that only make a question of it, if any other is left.
  function content(query, language) {
    const left = query.replace(LITTLE_SIGNS, " ").replace(...(REFUSED[language] ?? [/$^/, ""]))
      .replace(WORD, (word) => (LITTLE[language]?.has(word.normalize("NFC").toLowerCase()) ? " " : word));
    return [...words(left, language)].length ? left : query;
  }

  const mistakes = (word) => (word.length < ONE_WRONG ? 0 : word.length < TWO_WRONG ? 1 : 2);

  // How many letters make one word of another: a wrong, missing or further one, or two that changed places.
  function distance(one, other) {
    let before = [], row = [...Array(other.length + 1).keys()];
    for (let i = 1; i <= one.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= other.length; j += 1) {
        const same = one[i - 1] === other[j - 1] ? 0 : 1;
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same);
        if (i > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
      }
      [before, row] = [row, next];
    }
    return row[other.length];
  }

  const isUnspaced = (word) => IS_UNSPACED.test(word);
  const partsOf = (word) => (PARTS.test(word) ? word.split(PARTS).filter((part) => part.length > 1) : []);
  const plain = (word, language) => [fold(word), stem(fold(word), language)];

  // What a word of the book is found by: itself, without its ending, and the parts of a name such as BatchNorm.
  function keys(word, language) {
    if (isUnspaced(word)) return [...new Set([fold(word), fold(word)[0]])];
    const found = plain(word, language), [whole] = found;
    found.push(...partsOf(word).flatMap((part) => plain(part, language)));
    if (GREEK[whole]) found.push(GREEK[whole]);
    if (JOINED[language]?.test(whole)) found.push(...plain(whole.replace(JOINED[language], ""), language));
    return [...new Set(found)].filter(Boolean);
  }

  globalThis.vgWords = { fold, stem, words, content, keys, plain, partsOf, isUnspaced, mistakes, distance };
})();
