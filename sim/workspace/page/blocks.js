// Blocks as DOM nodes.

import { el, freshId } from "/page/dom.js";
import { elementNode } from "/page/elements.js";
import { markdown, textOf } from "/page/mrkdwn.js";
import { richText } from "/page/rich_text.js";

function picture(item, kind) {
  const source = item.slack_file?.id ? `/page/files/${item.slack_file.id}` : item.image_url;
  const own = source?.startsWith("/page/files/");
  if (!own) return el("span", { class: `picture ${kind}`, role: "img", "aria-label": item.alt_text }, item.alt_text);
  return el("img", { class: `picture ${kind}`, src: source, alt: item.alt_text });
}

function section(surface, block) {
  const accessory = block.accessory;
  const body = el("div", { class: "section-body" },
    block.text ? el("div", { class: "text" }, textOf(block.text)) : null,
    block.fields ? el("div", { class: "fields" }, block.fields.map((one) => el("div", { class: "field-cell" }, textOf(one)))) : null);
  if (!accessory) return el("div", { class: "section" }, body);
  const node = accessory.type === "image" ? picture(accessory, "small") : elementNode(surface, block, accessory);
  return el("div", { class: "section with-accessory" }, body, el("div", { class: "accessory" }, node));
}

function table(block) {
  const [head, ...rows] = block.rows;
  const align = (column) => `align-${block.column_settings?.[column]?.align ?? "left"} ${block.column_settings?.[column]?.is_wrapped ? "wrapped" : ""}`;
  const cell = (tag) => (content, column) => el(tag, { class: align(column), scope: tag === "th" ? "col" : null },
    content.type === "raw_text" ? content.text : richText(content.elements));
  return el("div", { class: "table", role: "region", "aria-label": "Table", tabindex: "0" }, el("table", {},
    el("thead", {}, el("tr", {}, head.map(cell("th")))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell("td")))))));
}

function input(surface, block) {
  const id = freshId("input");
  const label = freshId("label");
  const about = freshId("about");
  const error = surface.errors?.[block.block_id];
  const grouped = ["multi_static_select", "checkboxes", "radio_buttons"].includes(block.element.type);
  const labelled = grouped ? { "aria-labelledby": label, "aria-describedby": about } : { id, "aria-describedby": about, "aria-invalid": error ? "true" : null };
  const optional = block.optional ? el("span", { class: "optional" }, " (optional)") : null;
  return el("div", { class: `input ${error ? "wrong" : ""}` },
    grouped ? el("div", { class: "label" }, el("span", { id: label }, textOf(block.label)), optional) : el("div", { class: "label" }, el("label", { for: id }, textOf(block.label)), optional),
    elementNode({ ...surface, labelled }, block, block.element),
    el("div", { id: about },
      block.hint ? el("p", { class: "hint" }, textOf(block.hint)) : null,
      error ? el("p", { class: "error", role: "alert" }, error) : null));
}

export function blockNode(surface, block) {
  switch (block.type) {
    case "header": return el("h3", { class: "header" }, textOf(block.text));
    case "section": return section(surface, block);
    case "divider": return el("hr");
    case "context":
      return el("div", { class: "context" }, block.elements.map((item) => (item.type === "image" ? picture(item, "tiny") : el("span", {}, textOf(item)))));
    case "actions": return el("div", { class: "actions" }, block.elements.map((element) => elementNode(surface, block, element)));
    case "image": return el("figure", {}, block.title ? el("figcaption", {}, textOf(block.title)) : null, picture(block, "large"));
    case "rich_text": return el("div", { class: "text rich" }, richText(block.elements));
    case "markdown": return el("div", { class: "text rich" }, markdown(block.text));
    case "table": return table(block);
    case "input": return input(surface, block);
    default: return el("p", { class: "unknown" }, `(${block.type})`);
  }
}
