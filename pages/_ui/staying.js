// Keeps whoever works here signed in, warns before a sign-in ends, and leaves the page when it has ended: here, in
// another tab, or because its time was over. What was on screen is then gone from it.
const ASK_EVERY = 5000; // milliseconds
const WARN_BEFORE = 120; // seconds
const SIGNS_OF_LIFE = ["keydown", "pointerdown", "wheel", "touchmove"];
const tabs = new BroadcastChannel("revalidation-signed-out");
let isRunning = false;
let isActive = true;
let end = { at: Infinity, why: "signed-out" };

export default function () {
  if (isRunning) return;
  isRunning = true;
  SIGNS_OF_LIFE.forEach((sign) => addEventListener(sign, () => (isActive = true), { passive: true, capture: true }));
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  document.addEventListener("click", (event) => {
    if (event.target.closest?.('a[href="/sign-out"]')) setTimeout(() => tabs.postMessage("out"), 500);
  });
  tabs.onmessage = () => ask();
  setInterval(ask, ASK_EVERY);
  ask();
}

async function ask() {
  const method = isActive ? "POST" : "GET";
  isActive = false;
  let answer;
  try {
    answer = await fetch("/signed-in", { method, cache: "no-store", redirect: "error" });
  } catch {
    return; // the server is away, which says nothing about who is signed in
  }
  if (answer.status === 401) return leave();
  if (!answer.ok) return;
  const { seconds, why, canSignInNow } = await answer.json();
  end = { at: Date.now() + seconds * 1000, why };
  seconds <= WARN_BEFORE ? warn(seconds, canSignInNow) : document.getElementById("rv-staying")?.remove();
}

function leave() {
  const why = Date.now() >= end.at - ASK_EVERY ? end.why : "signed-out";
  const next = location.pathname + location.search;
  location.replace(`/signed-out?${new URLSearchParams({ why, next })}`);
}

function warn(seconds, canSignInNow) {
  const bar = document.getElementById("rv-staying") ?? makeBar();
  const minutes = Math.max(1, Math.round(seconds / 60));
  const words = `You will be signed out in about ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`;
  const text = bar.querySelector("span");
  if (text.textContent !== words) text.textContent = words;
  const wanted = end.why === "idle" ? "Stay signed in" : canSignInNow ? "Sign in again now" : "";
  if ((bar.querySelector("button")?.textContent ?? "") === wanted) return;
  bar.querySelector("button")?.remove();
  if (wanted) bar.append(makeButton(wanted));
}

function makeBar() {
  const bar = Object.assign(document.createElement("div"), { id: "rv-staying", className: "rv-staying" });
  bar.setAttribute("role", "alert");
  bar.append(document.createElement("span"));
  document.body.append(bar);
  return bar;
}

function makeButton(words) {
  const button = Object.assign(document.createElement("button"), { textContent: words });
  button.addEventListener("click", () => {
    isActive = true;
    if (end.why === "idle") return ask();
    location.assign(`/sign-in?${new URLSearchParams({ next: location.pathname + location.search })}`);
  });
  return button;
}
