// The page: what one person sees, kept up to date, and what that person does.

import { blockNode } from "/page/blocks.js";
import { el } from "/page/dom.js";
import { keepFocus } from "/page/focus.js";
import { facts, textOf } from "/page/mrkdwn.js";
import { Messages } from "/page/messages.js";
import { ask, Dialog } from "/page/windows.js";

const WIDE = matchMedia("(min-width: 1000px)");
const at = (id) => document.getElementById(id);
const state = { me: "", sight: null, place: "", thread: "", closedByHand: false, seen: {}, heard: new Set() };
let stream = null;

async function act(deed, body = {}) {
  try {
    const answer = await fetch(`/page/do/${deed}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ person: state.me, ...body }) });
    return answer.ok ? await answer.json() : { ok: false, error: `http_${answer.status}` };
  } catch {
    return { ok: false, error: "not_acknowledged" };
  }
}

const actions = {
  use: (place) => act("use", place),
  submit: (values) => act("submit", { values }),
  close: () => act("close"),
  dismiss: (channel, message) => act("dismiss", { channel: channel.id, ts: message.ts }),
  openThread: (channelId, ts) => { state.place = channelId; state.thread = ts; state.closedByHand = false; draw(); at("thread-close").focus(); },
};
const room = new Messages(at("room"), actions);
const thread = new Messages(at("thread-messages"), actions, { inThread: true });
const dialog = new Dialog(actions);

facts.go = (channelId, ts, threadTs) => {
  state.place = channelId;
  if (threadTs && threadTs !== ts) state.thread = threadTs;
  draw();
  const found = document.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
  found?.scrollIntoView({ block: "center" });
  found?.classList.add("pointed-at");
};

function learn(sight) {
  facts.people = new Map(sight.people.map((one) => [one.id, one]));
  facts.groups = new Map(sight.groups.map((one) => [one.id, one.handle]));
  facts.channels = new Map(sight.channels.map((one) => [one.id, one.name]));
  facts.domain = sight.domain;
}

function watch(personId) {
  stream?.close();
  dialog.show(null);
  Object.assign(state, { me: personId, place: "", thread: "", closedByHand: false, heard: null });
  stream = new EventSource(`/page/sight?person=${encodeURIComponent(personId)}`);
  stream.onmessage = (event) => {
    state.sight = JSON.parse(event.data);
    if (!state.me) state.me = state.sight.me;
    learn(state.sight);
    draw();
    announce();
  };
  stream.onopen = () => document.body.classList.remove("away");
  stream.onerror = () => document.body.classList.add("away");
}

// A private answer is read out, and its thread is opened, when it comes while one looks.
function announce() {
  const privates = state.sight.channels.flatMap((channel) => channel.privates.map((message) => [channel, message]));
  if (state.heard !== null) {
    for (const [channel, message] of privates.filter(([, message]) => !state.heard.has(message.ts))) {
      if (message.thread_ts && state.thread !== message.thread_ts) {
        state.place = channel.id;
        state.thread = message.thread_ts;
        draw();
      }
      const node = document.querySelector(`[data-ts="${CSS.escape(message.ts)}"]`);
      node?.scrollIntoView({ block: "nearest" });
      at("news").textContent = `Only visible to you: ${node?.querySelector(".blocks")?.textContent ?? message.text}`;
    }
  }
  state.heard = new Set(privates.map(([, message]) => message.ts));
}

function eyes(sight) {
  const people = sight.people.filter((one) => !one.is_bot);
  const signature = JSON.stringify(people);
  if (at("eyes").dataset.signature !== signature) drawEyes(people);
  at("eyes").dataset.signature = signature;
  for (const radio of at("eyes").querySelectorAll("input")) radio.checked = radio.value === state.me;
}

function drawEyes(people) {
  at("eyes").replaceChildren(...people.map((one) => el("label", { class: "segment" },
    el("input", { type: "radio", name: "eyes", "aria-label": one.real_name, value: one.id, "data-key": `eyes/${one.id}`, onchange: () => { location.hash = one.name; } }),
    el("span", {}, el("span", {}, one.real_name.split(" ")[0]), el("span", { class: "rest" }, ` ${one.real_name.split(" ").slice(1).join(" ")}`)))));
}

function rail(sight) {
  at("team").textContent = sight.team;
  const direct = sight.channels.find((channel) => channel.direct);
  const places = [
    ...sight.channels.filter((channel) => !channel.direct).map((channel) => [channel.id, "#", channel.name, channel]),
    [direct?.id ?? sight.app.user, "✓", sight.app.name, direct],
    ["home", "⌂", "App home", null],
  ];
  at("places").replaceChildren(...places.map(([id, sign, name, channel]) => {
    const count = channel ? channel.messages.filter((message) => message.user !== state.me && (!channel.direct || message.ts > (state.seen[`${state.me}/${id}`] ?? ""))).length : 0;
    const unread = channel?.direct && state.place !== id && count;
    return el("li", {}, el("button", { type: "button", class: "place", "data-key": `place/${name}`, "aria-current": state.place === id ? "page" : null, onclick: () => go(id) },
      el("span", { class: "sign", "aria-hidden": "true" }, sign), el("span", { class: "place-name" }, name),
      unread ? el("span", { class: "unread", "aria-label": `${count} new` }, String(count)) : null));
  }));
}

function go(place) {
  state.place = place;
  state.thread = "";
  state.closedByHand = false;
  if (place === "home") act("home");
  draw();
}

function byTime(messages) {
  return messages.toSorted((one, other) => (one.ts < other.ts ? -1 : 1));
}

function draw() {
  const sight = state.sight;
  if (!sight) return;
  const channels = new Map(sight.channels.map((channel) => [channel.id, channel]));
  if (!state.place) state.place = sight.channels[0]?.id ?? "home";
  const direct = sight.channels.find((channel) => channel.direct);
  if (state.place === sight.app.user && direct) state.place = direct.id;
  const channel = channels.get(state.place) ?? { id: state.place, name: sight.app.name, topic: "", direct: true, messages: [], privates: [] };
  const privates = channel.privates.map((message) => ({ ...message, private: true }));
  const isTop = (message) => !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast";
  if (channel.direct && channel.messages.length) state.seen[`${state.me}/${channel.id}`] = channel.messages.at(-1).ts;
  const started = channel.messages.findLast((message) => message.reply_count);
  if (!state.thread && !state.closedByHand && !channel.direct && WIDE.matches && started) state.thread = started.ts;

  eyes(sight);
  rail(sight);
  at("frame").classList.toggle("at-home", state.place === "home");
  at("composer").hidden = state.place === "home";
  if (state.place === "home") drawHome(sight);
  else {
    at("room-name").textContent = channel.direct ? sight.app.name : `# ${channel.name}`;
    at("room-topic").textContent = channel.direct ? "Direct messages with the app" : channel.topic;
    at("room").setAttribute("aria-label", channel.direct ? `Direct messages with ${sight.app.name}` : `Messages in #${channel.name}`);
    compose(at("composer"), channel, "");
    stick(at("room-scroll"), () => room.show(channel, byTime([...channel.messages.filter(isTop), ...privates.filter(isTop)])));
  }

  const parent = channel.messages.find((message) => message.ts === state.thread);
  at("thread").hidden = !parent;
  at("frame").classList.toggle("with-thread", Boolean(parent));
  document.querySelector(".room").inert = Boolean(parent) && !WIDE.matches;
  if (parent) {
    const inThread = (message) => message.thread_ts === state.thread && message.ts !== state.thread;
    const about = parent.blocks?.find((block) => block.text)?.text ?? { type: "mrkdwn", text: parent.text };
    at("thread-about").replaceChildren(...textOf(about));
    compose(at("thread-composer"), channel, state.thread);
    stick(at("thread-scroll"), () => thread.show(channel, byTime([...channel.messages.filter(inThread), ...privates.filter(inThread)])));
  }
  dialog.show(sight.dialog);
  keepFocus();
}

function drawHome(sight) {
  at("room-name").textContent = `${sight.app.name} home`;
  at("room-topic").textContent = "What the app shows to you alone";
  at("room").setAttribute("aria-label", `${sight.app.name} home`);
  room.kept.clear();
  const key = (block, element) => `home/${block.block_id}/${element.action_id}`;
  const surface = { labelled: {}, values: sight.home?.state.values, key, confirm: ask, draft: () => undefined, keep: () => {}, busy: () => false,
    use: (block, element, filled) => act("use", { where: "home", block_id: block.block_id, action_id: element.action_id, filled }) };
  at("room").replaceChildren(el("div", { class: "home blocks" }, sight.home ? sight.home.blocks.map((block) => blockNode(surface, block)) : el("p", { class: "empty" }, "The app has nothing here yet.")));
}

// Follows the newest message, from its beginning if it is a long one, unless one has scrolled up to read.
function stick(box, change) {
  const newestBefore = box.querySelector(".message:last-child");
  const reading = newestBefore && newestBefore.offsetHeight > box.clientHeight && box.scrollTop >= newestBefore.offsetTop - box.offsetTop - 80;
  const below = reading || box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  change();
  if (!below) return;
  const newest = box.querySelector(".message:last-child");
  if (newest && newest.offsetHeight > box.clientHeight) newest.scrollIntoView({ block: "start" });
  else box.scrollTop = box.scrollHeight;
}

function compose(form, channel, threadTs) {
  const signature = `${state.me}/${channel.id}/${threadTs}`;
  if (form.dataset.signature === signature) return;
  form.dataset.signature = signature;
  const label = threadTs ? "Reply" : channel.direct ? `Message ${state.sight.app.name}` : `Message #${channel.name}`;
  const box = el("input", { type: "text", class: "field", "aria-label": label, placeholder: `${label}${threadTs ? "…" : ""}`, autocomplete: "off" });
  const failure = el("p", { class: "failure", role: "alert", hidden: true });
  form.replaceChildren(box, el("button", { type: "submit", class: "button send", "aria-label": "Send" }, "➤"), failure);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    box.value = "";
    const answer = await act("say", { channel: channel.id, text, thread_ts: threadTs || undefined });
    failure.hidden = answer.ok;
    failure.textContent = answer.ok ? "" : `${text.split(" ")[0]} failed: ${answer.error === "not_acknowledged" ? "the app did not respond" : answer.detail ?? answer.error}`;
  };
}

WIDE.addEventListener("change", draw);

at("thread-close").addEventListener("click", () => {
  const parent = state.thread;
  state.thread = "";
  state.closedByHand = true;
  draw();
  document.querySelector(`[data-key="${CSS.escape(`${parent}/replies`)}"]`)?.focus();
});

function byHash() {
  const name = decodeURIComponent(location.hash.slice(1));
  const people = state.sight?.people.filter((one) => !one.is_bot) ?? [];
  return people.find((one) => one.name === name)?.id ?? "";
}

addEventListener("hashchange", () => { const id = byHash(); if (id && id !== state.me) watch(id); });

async function begin() {
  watch("");
  await new Promise((resolve) => stream.addEventListener("message", resolve, { once: true }));
  const id = byHash();
  if (id && id !== state.me) watch(id);
}

begin();
