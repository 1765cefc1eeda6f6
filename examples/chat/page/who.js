// Who is in the room: one entry for each connection, in the order they came. The server tells it whole once, then who comes
// and who goes.
import { element, faceOf, hueOf } from './draw.js'

const SHOWN_MAX = 100

/** @param {HTMLUListElement} list */
export function makeWho(list) {
  const people = new Map() // id → name; removed by: remove() and clear()
  let mine // the id of our own connection
  let known = true // false in a room so full that the server does not list it

  return { begin, add, remove, clear }

  /** @param {{id: string, name: string}[] | undefined} who everybody, ourselves too */
  function begin(who, ownId) {
    people.clear()
    mine = ownId
    known = who !== undefined
    for (const { id, name } of who ?? []) people.set(id, name)
    draw()
  }

  function add(id, name) {
    if (known) people.set(id, name)
    draw()
  }

  function remove(id) {
    people.delete(id)
    draw()
  }

  function clear() {
    people.clear()
    known = true
    draw()
  }

  function draw() {
    const shown = [...people].slice(0, SHOWN_MAX).map(([id, name]) => person(name, id === mine))
    if (people.size > SHOWN_MAX) shown.push(element('li', 'more', `and ${people.size - SHOWN_MAX} more`))
    if (!known) shown.push(element('li', 'more', 'too many to list'))
    list.replaceChildren(...shown)
  }
}

function person(name, isMe) {
  const item = element('li', 'person')
  item.style.setProperty('--hue', hueOf(name))
  const shown = element('span', 'name', name)
  shown.title = name
  item.append(faceOf(name), shown)
  if (isMe) item.append(element('span', 'you', 'you'))
  return item
}
