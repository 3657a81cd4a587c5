// The script of the report. Its modules are put into the page one after another, without imports and exports: filter, slider, and the words of the page under the pointer. All else is in the page already.

/** An element with attributes and children; text is text. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The same for drawings. */
export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export const data = JSON.parse(document.getElementById('data').textContent);

/** Opens what a link points into, and goes there. */
function showTarget() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id === '' ? null : document.getElementById(id);
  if (target === null) return;
  for (let up = target.parentElement; up !== null; up = up.parentElement)
    if (up.tagName === 'DETAILS') up.open = true;
  const story = target.closest('.story') ?? target;
  story.scrollIntoView();
  if (target.classList.contains('told')) target.focus({ preventScroll: true });
}

addEventListener('hashchange', showTarget);
addEventListener('load', showTarget);
