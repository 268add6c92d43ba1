// rich_text blocks as DOM nodes: structure comes from the block, never from the text.

import { el } from "/page/dom.js";
import { broadcast, date, emoji, group, link, person, facts } from "/page/mrkdwn.js";

const MARKS = [["code", "code"], ["strike", "s"], ["italic", "em"], ["bold", "strong"], ["underline", "u"]];

function inlineNode(item) {
  switch (item.type) {
    case "text": return item.text.split("\n").flatMap((line, index) => (index ? [el("br"), line] : [line]));
    case "link": return link(item.url, item.text || item.url);
    case "emoji": return emoji(item.name);
    case "user": return person(item.user_id);
    case "usergroup": return group(item.usergroup_id);
    case "channel": return el("span", { class: "mention" }, `#${facts.channels.get(item.channel_id) ?? item.channel_id}`);
    case "broadcast": return broadcast(item.range);
    case "date": return date(item.timestamp, item.format, item.fallback ?? "", item.url);
    default: return item.value ?? "";
  }
}

function styled(item) {
  return MARKS.filter(([name]) => item.style?.[name]).reduce((node, [, tag]) => el(tag, {}, node), inlineNode(item));
}

function section(part) {
  return part.elements.map(styled);
}

export function richText(elements) {
  return elements.map((part) => {
    switch (part.type) {
      case "rich_text_list":
        return el(part.style === "ordered" ? "ol" : "ul", { class: `indent-${part.indent ?? 0}`, start: part.offset ? String(part.offset + 1) : null },
          part.elements.map((item) => el("li", {}, section(item))));
      case "rich_text_preformatted": return el("pre", {}, section(part));
      case "rich_text_quote": return el("blockquote", {}, section(part));
      default: return el("div", {}, section(part));
    }
  });
}
