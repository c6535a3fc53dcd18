// Tells the server of clicks on what a table offers: headings that sort (data-sort) and boxes that choose a row
// (data-choose; data-choose-all chooses each of them). Until it listens, a heading is an ordinary link, which opens the
// same list in a new session, and a box that was ticked is told of as soon as it does.
const BOXES = "input[data-choose]";
const ALL = "input[data-choose-all]";
const ANSWERS_WITHIN = 2500; // milliseconds
let stopListening = null;

export default function (component) {
  const { setTriggerValue } = component;
  stopListening?.abort();
  const listening = (stopListening = new AbortController());

  const tellChoice = () => {
    const ticked = [...document.querySelectorAll(`${BOXES}:checked`)];
    setTriggerValue("chosen", { rows: ticked.map((box) => box.dataset.choose) });
  };

  const chooseAll = (isChosen) => document.querySelectorAll(BOXES).forEach((box) => (box.checked = isChosen));

  const tell = (event) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const clicked = event.target.closest?.("a[data-sort], input[data-choose], input[data-choose-all]");
    if (!clicked || !isPlain) return;
    if (clicked.matches("a")) {
      event.preventDefault();
      const heading = `[data-sort="${CSS.escape(clicked.dataset.sort)}"]`;
      focusAgain(heading);
      setTriggerValue("sorted", clicked.dataset.sort);
      followUnlessAnswered(heading, clicked.href);
      return;
    }
    if (clicked.matches(ALL)) {
      focusAgain(ALL);
      chooseAll(clicked.checked);
    } else {
      focusAgain(`[data-choose="${CSS.escape(clicked.dataset.choose)}"]`);
    }
    tellChoice();
  };

  // A server that has just come back may not have heard it. Then the heading is what it looks like: a link. Once the
  // list is sorted, the link of its heading leads to the opposite order.
  const followUnlessAnswered = (heading, href) => {
    setTimeout(() => document.querySelector(heading)?.href === href && location.assign(href), ANSWERS_WITHIN);
  };

  // The answer draws the table anew: whoever works by keyboard must not lose their place.
  const focusAgain = (selector) => {
    const waiting = new MutationObserver(() => {
      const active = document.activeElement;
      if (active && active !== document.body && !active.matches(selector)) waiting.disconnect();
      else if (!active?.matches(selector)) document.querySelector(selector)?.focus({ preventScroll: true });
    });
    setTimeout(() => waiting.observe(document.body, { childList: true, subtree: true }), 0);
    setTimeout(() => waiting.disconnect(), 3000);
  };

  document.addEventListener("click", tell, { signal: listening.signal });
  document.body.dataset.clicks = "heard";
  const isTicked = (box) => box.checked !== box.defaultChecked;
  const all = document.querySelector(ALL);
  if (all && isTicked(all)) chooseAll(all.checked);
  if ([...document.querySelectorAll(BOXES)].some(isTicked)) tellChoice();
  return () => listening.abort();
}
