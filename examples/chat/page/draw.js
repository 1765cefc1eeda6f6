// What the list of messages and the list of people draw alike.

/** An element with text: never markup, whatever the text holds. */
export function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

/** The first letter of a name on its colour; whoever holds it sets `--hue`. */
export function faceOf(name) {
  const face = element('span', 'face', [...name][0].toUpperCase())
  face.setAttribute('aria-hidden', 'true')
  return face
}

/** A colour that a name always has. */
export function hueOf(name) {
  let hue = 7
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 360
  return hue
}
