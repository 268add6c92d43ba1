// Messages as articles, kept while they don't change, so that focus and selection stay where they are.

import { blockNode } from "/page/blocks.js";
import { clock, el, timeOf } from "/page/dom.js";
import { keepFocus } from "/page/focus.js";
import { facts, mrkdwn } from "/page/mrkdwn.js";
import { ask } from "/page/windows.js";

function avatar(author) {
  const initials = author.is_bot ? "✓" : author.real_name.split(" ").map((word) => word[0]).slice(0, 2).join("");
  return el("span", { class: `avatar ${author.is_bot ? "app" : `tint-${[...author.id].reduce((sum, sign) => sum + sign.charCodeAt(0), 0) % 4}`}`, "aria-hidden": "true" }, initials);
}

function files(message) {
  return (message.files ?? []).map((file) => {
    const address = `/page/files/${file.id}`;
    const shown = ["png", "jpg", "jpeg", "gif"].includes(file.filetype);
    return el("figure", {}, el("figcaption", {}, file.title),
      shown ? el("img", { class: "picture large", src: address, alt: file.alt_txt || file.title }) : el("a", { href: address, download: file.name }, `${file.name} (${file.size.toLocaleString()} bytes)`));
  });
}

export class Messages {
  constructor(box, actions, { inThread = false } = {}) {
    this.box = box;
    this.actions = actions;
    this.inThread = inThread;
    this.kept = new Map();
    this.waiting = new Set();
    this.failures = new Map();
  }

  show(channel, messages) {
    this.last = [channel, messages];
    const fresh = new Map();
    const nodes = [];
    let day = "";
    for (const message of messages) {
      const date = new Date(Number(message.ts) * 1000).toDateString();
      if (date !== day) nodes.push(this.dayNode(date));
      day = date;
      const known = this.kept.get(`${channel.id}/${message.ts}`);
      const signature = JSON.stringify([message, [...this.waiting].filter((key) => key.startsWith(message.ts)), this.failures.get(message.ts), facts.people.size]);
      const entry = known?.signature === signature ? known : { signature, node: this.article(channel, message) };
      fresh.set(`${channel.id}/${message.ts}`, entry);
      nodes.push(entry.node);
    }
    this.kept = fresh;
    if (!messages.length) nodes.push(el("p", { class: "empty" }, "Nothing has been said here yet."));
    const same = nodes.length === this.box.childNodes.length && nodes.every((node, index) => node === this.box.childNodes[index] || node.isEqualNode(this.box.childNodes[index]) && node.className === "day");
    if (!same) this.box.replaceChildren(...nodes);
    keepFocus();
  }

  dayNode(date) {
    const today = new Date().toDateString() === date;
    return el("div", { class: "day" }, el("span", {}, today ? "Today" : new Date(date).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" })));
  }

  article(channel, message) {
    const author = facts.people.get(message.user) ?? { id: message.user, real_name: "Slackbot", is_bot: true };
    const said = message.blocks?.length
      ? message.blocks.map((block) => blockNode(this.surface(channel, message), block))
      : el("div", { class: "text" }, mrkdwn(message.text));
    const failure = this.failures.get(message.ts);
    const at = clock(message.ts);
    return el("article", { class: `message ${message.private ? "private" : ""}`, "data-ts": message.ts, tabindex: "-1", "aria-label": `${message.private ? "Only visible to you: message" : "Message"} from ${author.real_name} at ${at}` },
      message.private ? el("p", { class: "only-you" }, el("span", { "aria-hidden": "true" }, "◉ "), "Only visible to you") : null,
      message.pinned_to ? el("p", { class: "only-you" }, el("span", { "aria-hidden": "true" }, "📌 "), "Pinned") : null,
      avatar(author),
      el("div", { class: "said" },
        el("p", { class: "by" }, el("strong", {}, author.real_name), author.is_bot ? el("span", { class: "app-mark" }, "APP") : null, timeOf(message.ts, at), message.edited ? el("span", { class: "edited" }, "(edited)") : null),
        el("div", { class: "blocks" }, said, files(message)),
        message.reactions ? el("p", { class: "reactions" }, message.reactions.map((one) => el("span", {}, mrkdwn(`:${one.name}:`), ` ${one.count}`))) : null,
        failure ? el("p", { class: "failure", role: "alert" }, failure) : null,
        message.private ? el("button", { type: "button", class: "plain dismiss", onclick: () => this.actions.dismiss(channel, message) }, "Dismiss message") : null,
        this.replies(channel, message)));
  }

  replies(channel, message) {
    if (this.inThread || message.private || channel.direct && !message.reply_count) return null;
    const count = message.reply_count ?? 0;
    const text = count ? `${count} ${count === 1 ? "reply" : "replies"}` : "Reply in thread";
    return el("button", { type: "button", class: `plain replies ${count ? "" : "none"}`, "data-key": `${message.ts}/replies`, onclick: () => this.actions.openThread(channel.id, message.ts) }, text,
      count ? el("span", { class: "muted" }, ` Last reply at ${clock(message.latest_reply)}`) : null);
  }

  surface(channel, message) {
    const key = (block, element) => `${message.ts}/${block.block_id}/${element.action_id}`;
    return {
      labelled: {}, values: undefined, key, confirm: ask, draft: () => undefined, keep: () => {},
      busy: (block, element) => this.waiting.has(key(block, element)),
      use: async (block, element, filled) => {
        const place = key(block, element);
        this.failures.delete(message.ts);
        this.waiting.add(place);
        this.again();
        const answer = await this.actions.use({ channel: channel.id, ts: message.ts, block_id: block.block_id, action_id: element.action_id, filled });
        this.waiting.delete(place);
        if (!answer.ok) this.failures.set(message.ts, answer.error === "not_acknowledged" ? "This app is not responding. It may not have received your click: try again." : "That button is no longer there.");
        this.again();
      },
    };
  }

  again() {
    if (this.last) this.show(...this.last);
  }
}
