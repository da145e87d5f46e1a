// Finds the places of a book that hold what a reader types: pages, sections, terms and sources.
(() => {
  const { fold, words, content, keys, plain, partsOf, isUnspaced, mistakes } = globalThis.vgWords;
  const BOOST = { page: 12, title: 1.2, names: 2, queries: 0.3, text: 1, code: 0.5, cited: 0.03 };
  const WEIGHT = { list: 0.4, term: 0.1, source: 0.02 };
  const TITLE = 2; // how much more a page counts whose title is the query
  const FURTHER = 0.8; // what the next place of a page adds, and so on, as a share of the one before
  const TOGETHER = 3, HEADED = 1.5; // how much more a place counts that has all words together, or in its heading
  const ASKED = 16; // how much more a place counts if the query holds all words under which it is sought
  const NAMED = 3; // pages that stand before the list of terms if one of them is just what is sought
  const FAINT = 0.1; // the share of the best score that a page needs which has only some words of the query
  const SPACED = 0.8, LEAST = 3; // what a query counts whose words are put together or apart, into no fewer letters
  const MOST_PAGES = 30, MOST_PLACES = 3, MOST_VARIANTS = 4, FEW_TERMS = 2, EXCERPT = 220;
  const stems = (text, language) => [...words(text, language)].map(({ text: word }) => plain(word, language)[1]);
  const line = (text) => fold(text).trim().replace(/\s+/g, " ");

  // data: {pages: [[address, title]], places: [[page, kind, anchor, title, names, text, code, cites]]}
  function places(data) {
    const sources = new Map(data.places.filter(([, kind]) => kind === "source").map(([, , anchor, , , text]) => [anchor, text]));
    return data.places.map(([page, kind, anchor, title, names, text, code, cites], id) => ({
      id, kind, title, ...named(kind, names.join("\n")), text, code, page: kind === "page" ? title : "", number: page,
      cited: cites.map((source) => sources.get(source)).join("\n"),
      folded: fold([title, ...names, text].join("\n")), address: data.pages[page][0] + (anchor && `#${anchor}`),
    }));
  }

  // A term has further names; a page or a section has the words of queries that look for it.
  const named = (kind, names) => (kind === "term" ? { names, queries: "" } : { names: "", queries: names });

  class Finder {
    constructor(data, language) {
      this.pages = data.pages;
      this.language = language;
      this.places = places(data);
      this.known = new Set();
      this.index = new MiniSearch({
        fields: Object.keys(BOOST),
        extractField: (place, field) => (field === "title" && place.page ? "" : place[field]),
        tokenize: (text) => [...words(String(text), language)].map(({ text: word }) => word),
        processTerm: (word, field) => this.#note(keys(word, language), field),
      });
      this.index.addAll(this.places);
      this.asked = new Map(this.places.filter(({ queries }) => queries).map((place) => [place.id, this.#asked(place)]));
      this.titles = data.pages.map(([, title]) => [...words(content(title, language), language)].map(({ text }) => keys(text, language)));
      this.headings = new Set(data.pages.map(([, title]) => stems(title, language).join(" ")));
      this.terms = this.places.filter(({ kind }) => kind === "term").map((place) => this.#term(place));
    }

    // A term, and the names that stand for it, as the words that they are found by.
    #term({ title, names }) {
      const read = names.split("\n").map((name) => stems(content(name, this.language), this.language).join(" "));
      return { own: title, names: [...new Set(read)].filter(Boolean) };
    }

    // The words of each query under which a place is sought.
    #asked({ queries }) {
      const found = queries.split("\n").map((query) => stems(content(query, this.language), this.language));
      found.flat().forEach((stem) => this.known.add(stem));
      return found;
    }

    // A word that only a further name of a term has may still be meant for another one.
    #note(found, field) {
      if (field !== "names" && field !== "queries") found.forEach((key) => this.known.add(key));
      return found;
    }

    // The pages that fit a query, the best one first, each with its best places.
    find(query) {
      const isTitle = this.headings.has(stems(query, this.language).join(" "));
      const sought = isTitle ? query : content(query, this.language), found = new Map(), phrases = [line(query), line(sought)];
      for (const { text, weight } of this.#variants(sought)) {
        for (const hit of shared(this.#hits(text, text === sought ? phrases : [line(text)]))) {
          const better = found.get(hit.place.id), score = weight * hit.score;
          if (!better || better.score < score) found.set(hit.place.id, { ...hit, score });
        }
      }
      return this.#byPage([...found.values()]);
    }

    // The query itself, and with each name of a term in it replaced by the term, whatever language named it.
    #variants(query) {
      const whole = stems(query, this.language).join(" "), found = new Map();
      const add = (text, weight) => text === whole || found.set(text, Math.max(found.get(text) ?? 0, weight));
      for (const { own, names } of whole ? this.terms : []) {
        const name = longest(names.filter((one) => within(one, whole)));
        if (name) add(replaced(whole, name, own), 0.5 + 0.35 * (name.length / whole.length));
      }
      const parts = this.terms.filter(({ names }) => names.some((name) => within(whole, name)));
      if (parts.length <= FEW_TERMS) parts.forEach(({ own }) => add(own, 0.5));
      for (const text of this.#spacings(query)) add(text, SPACED);
      const others = [...found].map(([text, weight]) => ({ text, weight })).sort((one, other) => other.weight - one.weight);
      return [{ text: query, weight: 1 }, ...others.slice(0, MOST_VARIANTS)];
    }

    // The query with two words written as one that the book knows, or with one that it does not know as two.
    #spacings(query) {
      const sought = [...words(query, this.language)].map(({ text }) => fold(text)).filter((word) => !isUnspaced(word));
      const knows = (word) => plain(word, this.language).some((key) => this.known.has(key));
      const joined = sought.slice(1).flatMap((word, at) => ["", "_"].map((sign) => [at, 2, sought[at] + sign + word]));
      const parted = sought.flatMap((word, at) => (knows(word) ? [] : halves(word).filter((parts) => parts.every(knows)).map((parts) => [at, 1, ...parts])));
      return [...joined.filter(([, , word]) => knows(word)), ...parted]
        .map(([at, count, ...instead]) => sought.toSpliced(at, count, ...instead).join(" "));
    }

    #hits(query, phrases) {
      const sought = [...words(query, this.language)].map(({ text }) => text);
      const owner = new Map(); // key -> the number of its word
      sought.forEach((word, number) => new Set(plain(word, this.language)).forEach((key) => owner.has(key) || owner.set(key, number)));
      const parts = sought.flatMap((word) => (isUnspaced(word) ? [...fold(word)] : partsOf(word).flatMap((part) => plain(part, this.language))));
      const single = new Set(parts.filter((part) => !owner.has(part)));
      const last = sought.length - 1;
      const results = this.index.search([...owner.keys(), ...single].join("\n"), {
        boost: BOOST,
        boostTerm: (key) => (single.has(key) ? 0.1 : 1),
        tokenize: (text) => text.split("\n"),
        processTerm: (key) => key,
        prefix: (key) => !this.known.has(key) || (owner.get(key) === last && (key.length > 2 || !last)),
        fuzzy: (key) => !this.known.has(key) && !single.has(key) && mistakes(key),
        weights: { prefix: 0.4, fuzzy: 0.3 },
      });
      return results.map((result) => this.#hit(result, owner, sought.length, phrases));
    }

    #hit({ id, score, terms, queryTerms }, owner, count, phrases) {
      const place = this.places[id];
      const covered = new Set(queryTerms.map((key) => owner.get(key)).filter((number) => number !== undefined));
      const phrase = phrases.find((one) => one.length > 1 && place.folded.includes(one));
      const near = !phrase ? 1 : fold(place.title).includes(phrase) ? HEADED : TOGETHER;
      const fits = this.#fit(place.number, new Set(terms), count);
      const named = place.kind === "term" && phrases.some((one) => `\n${place.folded}\n`.includes(`\n${one}\n`));
      const asked = Math.max(0, ...(this.asked.get(id) ?? []).filter((one) => one.every((stem) => owner.has(stem))).map(({ length }) => length));
      return { place, named, terms: new Set(terms), covered, count, score: score * near * (1 + TITLE * fits + ASKED * (asked / count)) * (WEIGHT[place.kind] ?? 1) };
    }

    // How much of a page's title and of the query is the same, from 0 to 1.
    #fit(number, terms, count) {
      const title = this.titles[number], same = title.filter((word) => word.some((key) => terms.has(key))).length;
      return same / Math.max(1, title.length + Math.max(0, count - same));
    }

    #byPage(hits) {
      const pages = new Map();
      hits.sort((one, other) => other.score - one.score);
      for (const hit of hits) pages.set(hit.place.number, [...(pages.get(hit.place.number) ?? []), hit]);
      const found = [...pages].map(([number, places]) => ({
        title: this.pages[number][1], address: this.pages[number][0], score: pageScore(places),
        share: Math.max(...places.map(({ share }) => share)), isTerms: places[0].place.kind === "term", isNamed: places[0].named, places: places.slice(0, MOST_PLACES),
      }));
      const best = Math.max(...found.map(({ score }) => score));
      const fit = found.filter(({ share, score }) => !share || share === 1 || score > FAINT * best);
      return explainedFirst(fit.sort((one, other) => other.score - one.score)).slice(0, MOST_PAGES);
    }

    // The sentence around what was found, as [text, is it found?] in turn.
    excerpt({ place: { text }, terms }) {
      const marks = [...words(text, this.language)].map(({ text: word, at }) => [at, at + markedLength(word, terms, this.language)])
        .filter(([start, end]) => end > start);
      const [from, to] = around(text, marks);
      return pieces(text, marks, from, to);
    }
  }

  // How many letters of a word were found: of two signs without a space perhaps one, if one alone was sought.
  function markedLength(word, terms, language) {
    if (!isUnspaced(word)) return keys(word, language).some((key) => terms.has(key)) ? word.length : 0;
    if (terms.has(fold(word))) return word.length;
    return terms.has(fold(word)[0]) && ![...terms].some((key) => key.length > 1 && isUnspaced(key)) ? 1 : 0;
  }

  // The list of terms stands behind the page that explains what is sought, and before the rest if it names just that.
  function explainedFirst(found) {
    const terms = found.find(({ isTerms }) => isTerms), others = found.filter((page) => page !== terms);
    const [best] = others;
    if (!terms || !best || best.share < 1) return found;
    const later = others.findIndex(({ score }) => score < terms.score);
    const place = Math.min(terms.isNamed ? NAMED : others.length, Math.max(1, later < 0 ? others.length : later));
    return [...others.slice(0, place), terms, ...others.slice(place)];
  }

  // A page that has all words of a query, wherever, counts more than one that has a part of them.
  function shared(hits) {
    const covered = new Map();
    for (const { place, covered: own } of hits) covered.set(place.number, new Set([...(covered.get(place.number) ?? []), ...own]));
    return hits.map((hit) => {
      const share = covered.get(hit.place.number).size / Math.max(1, hit.count);
      return { ...hit, share, score: hit.score * Math.max(0.1, share) ** 2 };
    });
  }

  // Both parts of a word, wherever it may be cut.
  const halves = (word) => [...word.slice(LEAST, 1 - LEAST)].map((_, at) => [word.slice(0, at + LEAST), word.slice(at + LEAST)]);

  const within = (part, whole) => ` ${whole} `.includes(` ${part} `);
  const longest = (texts) => texts.reduce((one, other) => (other.length > one.length ? other : one), "");
  const replaced = (text, part, other) => ` ${text} `.replace(` ${part} `, ` ${other} `).trim();

  const pageScore = (hits) => hits.reduce((total, { score }, place) => total + score * FURTHER ** place, 0);

  // Where an excerpt begins and ends: around most of the marks, at blanks if it can.
  function around(text, marks) {
    if (text.length <= EXCERPT) return [0, text.length];
    const within = ([start]) => marks.filter(([at]) => at >= start && at < start + EXCERPT * 0.8).length;
    const [start] = marks.reduce((best, mark) => (within(mark) > within(best) ? mark : best), marks[0] ?? [0, 0]);
    const early = Math.max(0, start - 60), blank = text.slice(early, start).search(/[\s。，；]/);
    const from = early && blank >= 0 ? early + blank + 1 : early;
    const to = Math.min(text.length, from + EXCERPT), after = text.slice(0, to).search(/[\s。，；][^\s。，；]*$/);
    return [from, to < text.length && after > from + EXCERPT / 2 ? after : to];
  }

  function pieces(text, marks, from, to) {
    const found = [[from ? "… " : "", false]];
    let at = from;
    for (const [start, end] of marks.filter((mark) => mark[0] >= from && mark[1] <= to)) {
      if (start > at) found.push([text.slice(at, start), false]);
      if (end > at) found.push([text.slice(Math.max(at, start), end), true]);
      at = Math.max(at, end);
    }
    found.push([text.slice(at, to) + (to < text.length ? " …" : ""), false]);
    return found.filter(([piece]) => piece);
  }

  globalThis.vgFinder = Finder;
})();
