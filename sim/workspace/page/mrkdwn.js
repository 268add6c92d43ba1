// Slack's mrkdwn and plain text as DOM nodes. What the app didn't escape is formatted, as Slack would: an injection shows.

import { el, timeOf } from "/page/dom.js";

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", rotating_light: "🚨", bell: "🔔", no_bell: "🔕",
  lock: "🔒", unlock: "🔓", key: "🔑", closed_lock_with_key: "🔐", shield: "🛡️", eyes: "👀", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", stopwatch: "⏱️", clock1: "🕐", mag: "🔍", bulb: "💡", fire: "🔥", tada: "🎉", wave: "👋",
  thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", raised_hand: "✋", no_entry: "⛔", no_entry_sign: "🚫",
  double_vertical_bar: "⏸️", pause_button: "⏸️", arrow_forward: "▶️", black_square_for_stop: "⏹️", stop_sign: "🛑",
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", red_circle: "🔴", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", information_source: "ℹ️", bar_chart: "📊", chart_with_upwards_trend: "📈",
  chart_with_downwards_trend: "📉", memo: "📝", page_facing_up: "📄", scroll: "📜", link: "🔗", pushpin: "📌", robot_face: "🤖",
  busts_in_silhouette: "👥", bust_in_silhouette: "👤", question: "❓", exclamation: "❗", sos: "🆘", arrows_counterclockwise: "🔄",
  test_tube: "🧪", performing_arts: "🎭", construction: "🚧", fire_extinguisher: "🧯", ballot_box_with_check: "☑️", zzz: "💤",
};

export const facts = { people: new Map(), groups: new Map(), channels: new Map(), domain: "", go: () => {} };

function decoded(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

// A bar of blocks in a font that has no gaps between them.
function withBars(text) {
  return text.split(/([█▓▒░]{3,})/).map((part, index) => {
    if (index % 2 === 0) return part;
    const full = part.replace(/░+$/, "");
    return el("span", { class: "bar" }, el("span", { class: "bar-full" }, full), part.slice(full.length));
  });
}

function leaf(text) {
  return decoded(text).split("\n").flatMap((line, index) => (index ? [el("br"), ...withBars(line)] : withBars(line)));
}

export function emoji(name) {
  const sign = EMOJI[name];
  return sign ? el("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " ") }, sign) : `:${name}:`;
}

export function link(url, label) {
  const safe = /^(https?:|mailto:)/i.test(url) ? url : null;
  if (!safe) return el("span", { class: "mention loud" }, label);
  const inside = new RegExp(`^https://${facts.domain}\\.slack\\.com/archives/(\\w+)/p(\\d+)(\\d{6})(?:\\?thread_ts=([\\d.]+))?`).exec(safe);
  const jump = inside && ((event) => {
    event.preventDefault();
    facts.go(inside[1], `${inside[2]}.${inside[3]}`, inside[4]);
  });
  return el("a", { href: safe, rel: "noopener noreferrer", target: "_blank", onclick: jump }, label);
}

export function person(id) {
  const known = facts.people.get(id);
  return el("span", { class: "mention" }, `@${known ? known.real_name : id}`);
}

export function group(id) {
  return el("span", { class: "mention" }, `@${facts.groups.get(id) ?? id}`);
}

export function broadcast(range) {
  return el("span", { class: "mention loud" }, `@${range}`);
}

export function date(seconds, format, fallback, url) {
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime())) return fallback;
  const day = (options) => moment.toLocaleDateString([], options);
  const long = { weekday: "long", year: "numeric", month: "long", day: "numeric" };
  const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[Math.round((new Date(moment).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5)];
  const minutes = Math.round((moment - Date.now()) / 60000);
  const values = {
    date_num: () => moment.toISOString().slice(0, 10),
    date: () => day({ year: "numeric", month: "long", day: "numeric" }),
    date_short: () => day({ year: "numeric", month: "short", day: "numeric" }),
    date_long: () => day(long),
    date_pretty: () => near ?? day({ year: "numeric", month: "long", day: "numeric" }),
    date_short_pretty: () => near ?? day({ year: "numeric", month: "short", day: "numeric" }),
    date_long_pretty: () => near ?? day(long),
    time: () => moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
    time_secs: () => moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    ago: () => new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(...(Math.abs(minutes) < 90 ? [minutes, "minute"] : [Math.round(minutes / 60), "hour"])),
  };
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => (values[name] ? values[name]() : whole));
  return url ? link(url, text) : timeOf(seconds, text);
}

function angle(inside) {
  const cut = inside.indexOf("|");
  const target = cut < 0 ? inside : inside.slice(0, cut);
  const label = cut < 0 ? "" : decoded(inside.slice(cut + 1));
  if (target.startsWith("@")) return person(target.slice(1));
  if (target.startsWith("#")) return el("span", { class: "mention" }, `#${facts.channels.get(target.slice(1)) ?? (label || target.slice(1))}`);
  if (target.startsWith("!subteam^")) return group(target.slice(9));
  if (target.startsWith("!date^")) {
    const [, seconds, format, url] = target.split("^");
    return date(seconds, format, label, url);
  }
  if (target.startsWith("!")) return broadcast(target.slice(1).split("^")[0]);
  const url = decoded(target);
  return link(url, label || url);
}

const MARKED = (sign) => new RegExp(`[${sign}](?=\\S)([^${sign}\\n]*[^\\s${sign}])[${sign}](?![\\p{L}\\p{N}])`, "uy");
const RULES = [
  { at: /```\n?([\s\S]+?)\n?```/y, make: (found) => el("pre", {}, decoded(found[1])) },
  { at: /`([^`\n]+)`/y, make: (found) => el("code", {}, withBars(decoded(found[1]))) },
  { at: /<([^<>\n]+)>/y, make: (found) => angle(found[1]) },
  { at: MARKED("*"), word: true, make: (found) => el("strong", {}, inline(found[1])) },
  { at: MARKED("_"), word: true, make: (found) => el("em", {}, inline(found[1])) },
  { at: MARKED("~"), word: true, make: (found) => el("s", {}, inline(found[1])) },
  { at: /:([a-z0-9_+-]+):/y, make: (found) => emoji(found[1]) },
  { at: /https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)'"]/y, word: true, make: (found) => link(decoded(found[0]), decoded(found[0])) },
];

function scan(text, rules) {
  const nodes = [];
  let plain = "";
  let place = 0;
  while (place < text.length) {
    const inWord = place > 0 && /[\p{L}\p{N}]/u.test(text[place - 1]);
    let hit = null;
    for (const rule of rules) {
      if (rule.word && inWord) continue;
      rule.at.lastIndex = place;
      const found = rule.at.exec(text);
      if (found) {
        hit = [found[0].length, rule.make(found)];
        break;
      }
    }
    if (hit) {
      nodes.push(...leaf(plain), hit[1]);
      plain = "";
      place += hit[0];
    } else {
      plain += text[place];
      place += 1;
    }
  }
  return [...nodes, ...leaf(plain)];
}

function inline(text) {
  return scan(text, RULES);
}

export function mrkdwn(text) {
  const nodes = [];
  for (const [index, part] of text.split(/(^(?:(?:&gt;|>) ?.*(?:\n|$))+)/m).entries()) {
    if (!part) continue;
    if (index % 2) nodes.push(el("blockquote", {}, inline(part.replace(/^(?:&gt;|>) ?/gm, "").replace(/\n$/, ""))));
    else nodes.push(...inline(part));
  }
  return nodes;
}

export function textOf(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  return object.emoji === false ? leaf(object.text) : scan(object.text, RULES.filter((rule) => rule.at.source.startsWith(":")));
}

// The markdown block: headings, lists, quotes, code, emphasis and links of ordinary Markdown.
const WRITTEN = [
  { at: /`([^`\n]+)`/y, make: (found) => el("code", {}, found[1]) },
  { at: /\[([^\]\n]+)\]\(([^)\s]+)\)/y, make: (found) => link(found[2], found[1]) },
  { at: /\*\*(?=\S)(.+?)\*\*/y, make: (found) => el("strong", {}, scan(found[1], WRITTEN)) },
  { at: /[*_](?=\S)([^*_\n]+)[*_]/y, word: true, make: (found) => el("em", {}, scan(found[1], WRITTEN)) },
  { at: /~~(?=\S)(.+?)~~/y, make: (found) => el("s", {}, scan(found[1], WRITTEN)) },
  ...RULES.slice(-2),
];

export function markdown(text) {
  const nodes = [];
  let list = null;
  for (const line of text.split("\n")) {
    const item = /^\s*(?:[-*]|\d+\.)\s+(.*)$/.exec(line);
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (item) {
      if (!list) nodes.push((list = el(/^\s*\d/.test(line) ? "ol" : "ul")));
      list.append(el("li", {}, scan(item[1], WRITTEN)));
      continue;
    }
    list = null;
    if (heading) nodes.push(el("p", { class: "heading", role: "heading", "aria-level": String(heading[1].length + 2) }, scan(heading[2], WRITTEN)));
    else if (line.startsWith(">")) nodes.push(el("blockquote", {}, scan(line.replace(/^>\s?/, ""), WRITTEN)));
    else if (line.trim()) nodes.push(el("p", {}, scan(line, WRITTEN)));
  }
  return nodes;
}
