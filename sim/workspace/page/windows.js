// Dialogs: the app's views, and the question before a dangerous button.

import { blockNode } from "/page/blocks.js";
import { el, freshId } from "/page/dom.js";
import { keepFocus } from "/page/focus.js";
import { textOf } from "/page/mrkdwn.js";

const STOPS = "button:not([disabled]), input:not([disabled]), select, textarea, a[href], summary, [tabindex='0']";
const FIELDS = ".window-body input, .window-body select, .window-body textarea";

function trap(event) {
  if (event.key !== "Tab") return;
  const stops = [...event.currentTarget.querySelectorAll(STOPS)].filter((node) => node.offsetParent !== null);
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement === edge || document.activeElement === event.currentTarget) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  }
}

function windowNode(role, title, onclose, ...children) {
  const id = freshId("title");
  return el("dialog", { role, "aria-modal": "true", "aria-labelledby": id, class: "window", onkeydown: trap, oncancel: (event) => { event.preventDefault(); onclose(); } },
    el("header", {}, el("h2", { id, tabindex: "-1" }, textOf(title)), el("button", { type: "button", class: "plain", "data-key": "close", "aria-label": "Close this window", onclick: onclose }, "✕")),
    ...children);
}

export function ask(confirm) {
  return new Promise((resolve) => {
    const done = (answer) => { node.close(); node.remove(); keepFocus(); resolve(answer); };
    const node = windowNode("alertdialog", confirm.title, () => done(false),
      el("div", { class: "window-body" }, el("p", {}, textOf(confirm.text))),
      el("footer", {},
        el("button", { type: "button", class: "button", onclick: () => done(false) }, textOf(confirm.deny)),
        el("button", { type: "button", class: `button ${confirm.style ?? "primary"}`, onclick: () => done(true) }, textOf(confirm.confirm))));
    document.getElementById("windows").append(node);
    node.showModal();
  });
}

// The view on top of the person's screen. What is typed is kept here until it is submitted, over every update of the view.
export class Dialog {
  constructor(actions) {
    this.actions = actions;
    this.node = null;
    this.forget();
  }

  forget() {
    this.shown = "";
    this.drafts = {};
    this.errors = {};
    this.failure = "";
    this.waiting = new Set();
  }

  show(view) {
    if (!view) {
      this.node?.close();
      this.node?.remove();
      this.node = null;
      this.view = null;
      this.forget();
      keepFocus();
      return;
    }
    if (this.view && this.view.id !== view.id) this.forget();
    this.view = view;
    const now = JSON.stringify([view, this.errors, this.failure, [...this.waiting]]);
    if (now !== this.shown) this.draw();
    this.shown = now;
  }

  again() {
    if (this.view) this.show(this.view);
  }

  surface() {
    const view = this.view;
    const key = (block, element) => `${block.block_id}/${element.action_id}`;
    return {
      labelled: {}, values: view.state.values, errors: this.errors, key, confirm: ask,
      busy: (block, element) => this.waiting.has(key(block, element)),
      draft: (block, element) => this.drafts[block.block_id]?.[element.action_id],
      keep: (block, element, filled) => { (this.drafts[block.block_id] ??= {})[element.action_id] = filled; },
      use: (block, element, filled) => this.use(block, element, filled, key(block, element)),
    };
  }

  async use(block, element, filled, key) {
    if (filled !== undefined) (this.drafts[block.block_id] ??= {})[element.action_id] = filled;
    if (block.type === "input" && !block.dispatch_action) return;
    await this.wait(key, () => this.actions.use({ block_id: block.block_id, action_id: element.action_id, filled }));
  }

  async submit() {
    this.errors = {};
    await this.wait("submit", async () => {
      const answer = await this.actions.submit(this.drafts);
      this.errors = answer.errors ?? {};
      if (answer.ok && !Object.keys(this.errors).length) this.drafts = {};
      return answer;
    });
    this.node?.querySelector("[aria-invalid], .wrong input")?.focus();
  }

  async wait(key, deed) {
    this.failure = "";
    this.waiting.add(key);
    this.again();
    const answer = await deed();
    this.waiting.delete(key);
    if (!answer.ok) this.failure = "We had some trouble connecting to the app. Try again?";
    this.again();
  }

  draw() {
    const focused = document.activeElement?.dataset?.key;
    const caret = focused && document.activeElement.type?.startsWith("text") ? [document.activeElement.selectionStart, document.activeElement.selectionEnd] : null;
    const scrolled = this.node?.querySelector(".window-body")?.scrollTop ?? 0;
    const view = this.view;
    const close = () => this.actions.close();
    const busy = this.waiting.has("submit");
    const surface = this.surface();
    const node = windowNode("dialog", view.title, close,
      el("form", { class: "window-form", novalidate: true, onsubmit: (event) => { event.preventDefault(); if (view.submit && !busy) this.submit(); } },
        el("div", { class: "window-body", tabindex: "0", "data-key": "body" },
          this.failure ? el("p", { class: "failure", role: "alert" }, this.failure) : null,
          view.blocks.map((block) => blockNode(surface, block))),
        el("footer", {},
          el("button", { type: "button", class: "button", "data-key": "cancel", onclick: close }, view.close ? textOf(view.close) : "Close"),
          view.submit ? el("button", { type: "submit", class: "button primary", "data-key": "submit", "aria-busy": busy ? "true" : null, "aria-disabled": busy ? "true" : null, disabled: view.submit_disabled }, busy ? el("span", { class: "spinner", "aria-hidden": "true" }) : null, textOf(view.submit)) : null)));
    const hadFields = Boolean(this.node?.querySelector(FIELDS));
    if (this.node) this.node.replaceChildren(...node.childNodes);
    else {
      this.node = node;
      document.getElementById("windows").append(node);
      node.showModal();
    }
    this.node.setAttribute("aria-labelledby", this.node.querySelector("h2").id);
    this.node.querySelector(".window-body").scrollTop = scrolled;
    const again = focused && this.node.querySelector(`[data-key="${CSS.escape(focused)}"]`);
    const first = hadFields ? null : this.node.querySelector(".window-body [autofocus]") || this.node.querySelector(FIELDS);
    (first || again || (this.node.contains(document.activeElement) ? null : this.node.querySelector("h2")))?.focus();
    if (!first && again && caret) again.setSelectionRange(...caret);
  }
}
