// What the tests ask of the page: complaints of the policy, lost focus, what is too wide, what is too faint to read.

addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));

window.focusLost = [];
let missing = 0;
let last = null;
requestAnimationFrame(function look() {
  const now = document.activeElement;
  if (now && now !== document.body) {
    last = now;
    missing = 0;
  } else if (last && ++missing === 5) focusLost.push(last.outerHTML.slice(0, 120));
  requestAnimationFrame(look);
});

window.tooWide = () => [document.documentElement, ...document.querySelectorAll(".scroll, .window-body, article, article *")]
  .filter((node) => node.clientWidth && node.scrollWidth > node.clientWidth + 1)
  .filter((node) => getComputedStyle(node).overflowX !== "hidden")
  .map((node) => node.outerHTML.slice(0, 100));

// WCAG 2.2, 1.4.3: relative luminance, and a contrast of at least 4.5 for text.
function luminance(color) {
  const [red, green, blue] = color.match(/[\d.]+/g).slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function background(node) {
  const color = getComputedStyle(node).backgroundColor;
  return color === "rgba(0, 0, 0, 0)" ? background(node.parentElement) : color;
}

function contrast(node) {
  const both = [luminance(getComputedStyle(node).color), luminance(background(node))];
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}

window.faint = (root) => [...root.querySelectorAll(".blocks *")]
  .filter((node) => [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim()))
  .filter((node) => contrast(node) < 4.5 || parseFloat(getComputedStyle(node).fontSize) < 12)
  .map((node) => `${contrast(node).toFixed(1)} ${node.textContent}`);
