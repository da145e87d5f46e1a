// A reader writes predictions down and finds them beside the results. They stay in this browser.
(() => {
  const words = document.querySelector(".vg-predictions").dataset;
  const questions = [...document.querySelectorAll(".vg-questions > li")];
  const key = `predictions ${words.page}`; // the same in every language
  const make = (tag, name, text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });

  const load = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(key));
      return Array.isArray(kept) ? kept.map((text) => (typeof text === "string" ? text : "")) : [];
    } catch {
      return []; // a browser that keeps nothing, or what somebody else has kept
    }
  };
  const keep = (texts) => {
    try {
      if (texts.some(Boolean)) localStorage.setItem(key, JSON.stringify(texts));
      else localStorage.removeItem(key);
    } catch {} // then they last as long as the page
  };

  const fields = questions.map((question, place) => {
    const field = make("textarea", "");
    const label = make("label", "vg-prediction", words.yours);
    Object.assign(field, { rows: 1, dir: "auto", value: load()[place] ?? "", maxLength: 2000 });
    label.append(field);
    question.append(label);
    return field;
  });
  if (!fields.length) return;

  const forget = make("button", "", words.forget);
  forget.type = "button";
  const foot = make("p", "vg-kept", `${words.kept} `);
  foot.append(forget);
  questions[0].parentElement.after(foot);

  const recalled = fields.map((_field, place) =>
    [...document.querySelectorAll(`.vg-reminder-${place + 1}`)].map((reminder) => {
      const note = make("p", "vg-recalled", `${words.recalled} `);
      const text = note.appendChild(make("bdi", ""));
      reminder.parentElement.insertBefore(note, reminder.nextSibling);
      return { note, text };
    }),
  );
  const show = () => {
    const texts = fields.map((field) => field.value.trim());
    recalled.forEach((notes, place) => notes.forEach(({ note, text }) => {
      text.textContent = texts[place];
      note.hidden = !texts[place];
    }));
    forget.hidden = !texts.some(Boolean);
    return texts;
  };
  fields.forEach((field) => field.addEventListener("input", () => keep(show())));
  forget.addEventListener("click", () => {
    fields.forEach((field) => { field.value = ""; });
    keep(show());
    fields[0].focus();
  });
  show();
})();
