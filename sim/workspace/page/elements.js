// The elements that people use: buttons, menus, boxes and fields. `surface` says where they are and what using them does.

import { el, freshId } from "/page/dom.js";
import { facts, textOf } from "/page/mrkdwn.js";

function optionsOf(element) {
  return [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((one) => one.options)];
}

function words(object) {
  return el("span", {}, textOf(object)).textContent;
}

// What is chosen now: a draft that isn't sent yet, what the workspace keeps, or what the app gave at first.
function current(surface, block, element) {
  const draft = surface.draft(block, element);
  if (draft !== undefined) return draft;
  const kept = surface.values?.[block.block_id]?.[element.action_id];
  if (kept) {
    if (kept.selected_options) return kept.selected_options.map((option) => option.value);
    return kept.selected_option?.value ?? kept.selected_user ?? kept.value ?? "";
  }
  if (element.initial_options) return element.initial_options.map((option) => option.value);
  return element.initial_option?.value ?? element.initial_user ?? element.initial_value ?? "";
}

function button(surface, block, element) {
  const busy = surface.busy(block, element);
  return el("button", {
    type: "button",
    class: `button ${element.style ?? ""}`,
    "aria-label": element.accessibility_label,
    "aria-busy": busy ? "true" : null,
    "aria-disabled": busy ? "true" : null,
    "data-key": surface.key(block, element),
    onclick: async () => {
      if (busy) return;
      if (element.confirm && !(await surface.confirm(element.confirm))) return;
      surface.use(block, element, undefined);
      if (element.url && /^https?:/i.test(element.url)) window.open(element.url, "_blank", "noopener");
    },
  }, busy ? el("span", { class: "spinner", "aria-hidden": "true" }) : null, textOf(element.text));
}

function menu(surface, block, element, options, chosen) {
  const change = (event) => surface.use(block, element, event.target.value);
  const one = ([value, text]) => el("option", { value, selected: value === chosen }, text);
  return el("select", {
    ...surface.labelled, class: "select", onchange: change, "data-key": surface.key(block, element),
    "aria-label": surface.labelled.id ? null : words(element.placeholder) || "Choose",
  }, el("option", { value: "", selected: !chosen }, words(element.placeholder) || "Choose…"), options.map(one));
}

function boxes(surface, block, element, kind) {
  const name = freshId("choice");
  const chosen = [current(surface, block, element)].flat();
  const read = () => [...box.querySelectorAll("input:checked")].map((input) => input.value);
  const change = () => surface.use(block, element, kind === "radio" ? read()[0] ?? "" : read());
  const box = el("div", { class: "boxes", role: kind === "radio" ? "radiogroup" : "group", "aria-labelledby": surface.labelled["aria-labelledby"], "aria-describedby": surface.labelled["aria-describedby"] },
    optionsOf(element).map((option) => {
      const id = freshId("option");
      return el("label", { class: "box", for: id },
        el("input", { type: kind, id, name, value: option.value, checked: chosen.includes(option.value), onchange: change, "data-key": `${surface.key(block, element)}/${option.value}` }),
        el("span", {}, textOf(option.text), option.description ? el("small", {}, textOf(option.description)) : null));
    }));
  return box;
}

function field(surface, block, element) {
  const properties = {
    ...surface.labelled,
    class: "field",
    placeholder: words(element.placeholder) || null,
    maxlength: element.max_length ? String(element.max_length) : element.type === "plain_text_input" ? "3000" : null,
    value: current(surface, block, element),
    autofocus: element.focus_on_load,
    "data-key": surface.key(block, element),
    oninput: (event) => surface.keep(block, element, event.target.value),
  };
  if (element.multiline) return el("textarea", { ...properties, rows: "4" });
  return el("input", { ...properties, type: "text", inputmode: element.type === "number_input" ? "decimal" : null, autocomplete: "off" });
}

function overflow(surface, block, element) {
  const items = optionsOf(element).map((option) => el("button", { type: "button", class: "button", onclick: () => surface.use(block, element, option.value) }, textOf(option.text)));
  return el("details", { class: "overflow" }, el("summary", { "aria-label": "More" }, "⋯"), el("div", { class: "menu" }, items));
}

export function elementNode(surface, block, element) {
  switch (element.type) {
    case "button": return button(surface, block, element);
    case "static_select":
      return menu(surface, block, element, optionsOf(element).map((option) => [option.value, words(option.text)]), current(surface, block, element));
    case "users_select":
      return menu(surface, block, element, [...facts.people.values()].filter((one) => !one.is_bot).map((one) => [one.id, one.real_name]), current(surface, block, element));
    case "multi_static_select":
    case "checkboxes": return boxes(surface, block, element, "checkbox");
    case "radio_buttons": return boxes(surface, block, element, "radio");
    case "plain_text_input":
    case "number_input": return field(surface, block, element);
    case "overflow": return overflow(surface, block, element);
    default: return el("span", { class: "unknown" }, `(${element.type})`);
  }
}
