// Moves the focus into what a button opens when it was pressed by keyboard. Streamlit draws it behind all else on the
// page, so that Tab would come to it last. The focus is on the whole, not on its first control: Enter pressed twice must
// not do what the first control does. Escape closes it and leads back to the button; that is Streamlit's own.
const BUTTON = '[data-testid="stPopoverButton"]';
const OPENED = '[data-testid="stPopoverBody"]';
const OPENS_WITHIN = 3000; // milliseconds
let stopListening = null;

export default function () {
  stopListening?.abort();
  const listening = (stopListening = new AbortController());

  const follow = (event) => {
    const button = event.target.closest?.(BUTTON);
    const isByKeyboard = event.detail === 0;
    if (!button || !isByKeyboard || button.getAttribute("aria-expanded") === "true") return;
    const waiting = new MutationObserver(() => {
      const opened = document.querySelector(OPENED);
      if (!opened) return;
      waiting.disconnect();
      opened.tabIndex = -1;
      opened.focus();
    });
    waiting.observe(document.body, { childList: true, subtree: true });
    setTimeout(() => waiting.disconnect(), OPENS_WITHIN);
  };

  document.addEventListener("click", follow, { capture: true, signal: listening.signal });
  document.body.dataset.popovers = "followed";
  return () => listening.abort();
}
