// The page: what is on the screen. The connection, and its coming back, is holdfast/client, which the server serves as it is.
import { connect } from './client.js'
import { element, faceOf, hueOf } from './draw.js'
import { makeWho } from './who.js'

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,23}$/u
const ROOM = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,31}$/u
const SHOWN_MAX = 500 // older messages leave the page: a tab left open for a week must not grow for a week
const SAME_SPEAKER_MS = 120_000

const MEANINGS = {
  1001: 'the server goes away',
  1005: 'no code given',
  1006: 'the network or the server is gone',
  1012: 'the server is being replaced',
}

const at = (id) => document.getElementById(id)
const [door, talk, messages, status] = [at('door'), at('talk'), at('messages'), at('status')]
const [nameField, roomField, textField] = [at('name'), at('room'), at('text')]

const who = makeWho(at('who'))
let link // the connection to the room we are in, if any
let me = ''
let readsTheEnd = true
let last = { name: '', time: 0 } // who spoke last, to draw a run of messages as one block

const asked = new URLSearchParams(location.search)
nameField.value = asked.get('name') ?? ''
roomField.value = asked.get('room') ?? 'lobby'
show('door')

door.addEventListener('submit', (event) => {
  event.preventDefault()
  const [name, room] = [nameField.value.trim(), roomField.value.trim()]
  mark(nameField, NAME.test(name))
  mark(roomField, ROOM.test(room))
  if (!NAME.test(name)) return complain(nameField, 'A name has 1 to 24 letters, digits, spaces, dots or hyphens.')
  if (!ROOM.test(room)) return complain(roomField, 'A room has 1 to 32 letters, digits or hyphens.')
  at('door-problem').textContent = ''
  join(name, room)
})

at('say').addEventListener('submit', (event) => {
  event.preventDefault()
  const text = textField.value.trim()
  if (text !== '' && link?.send(JSON.stringify({ type: 'say', text }))) textField.value = ''
  textField.focus()
})

at('leave').addEventListener('click', () => {
  const left = link
  link = undefined
  left?.end(1000, 'left')
  who.clear()
  tell('idle', 'Not connected')
  show('door')
  nameField.focus()
})

messages.addEventListener('scroll', () => {
  readsTheEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 40
})
new ResizeObserver(keepEndInView).observe(messages)

function join(name, room) {
  me = name
  readsTheEnd = true
  messages.replaceChildren()
  who.clear()
  last = { name: '', time: 0 }
  at('talk-room').textContent = `#${room}`
  at('talk-facts').textContent = `as ${name}`
  const url = new URL(`/chat/${encodeURIComponent(room)}?name=${encodeURIComponent(name)}`, location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  link = connect(url, { onState: linkOnState, onMessage: linkOnMessage })
  show('talk')
  textField.focus()
}

function linkOnState({ name: state, ending, inMs }) {
  if (state === 'stopped' && link === undefined) return // we have left
  at('send').disabled = state !== 'open'
  if (state !== 'open') {
    at('talk-facts').textContent = `as ${me}`
    who.clear()
  }
  const ended = ending && `Closed with ${ending.code} (${meaningOf(ending)})`
  if (state === 'connecting') tell(state, ended ? `${ended}. Connecting…` : 'Connecting…')
  if (state === 'open') tell(state, 'Open')
  if (state === 'waiting') tell(state, `${ended}. Trying again in ${(inMs / 1000).toFixed(1)} s`)
  if (state === 'stopped') tell(state, `${ended}. The server asks not to come back; leave and join to try`)
}

/** The reason of a 1012 is for the client: when to come back. */
function meaningOf({ code, reason }) {
  return (code !== 1012 && reason) || MEANINGS[code] || 'no reason given'
}

function linkOnMessage(data) {
  const message = JSON.parse(data)
  const { type, id, name, here, time } = message
  if (here !== undefined) at('talk-facts').textContent = `${here} here, you are ${me}`
  if (type === 'welcome') {
    who.begin(message.who, id)
    note(`You are in, ${name}.`)
  }
  if (type === 'join') {
    who.add(id, name)
    note(`${name} came in.`)
  }
  if (type === 'leave') {
    who.remove(id)
    note(`${name} left.`)
  }
  if (type === 'refused') note(`Not sent: ${message.why}.`)
  if (type === 'say') say({ name, text: message.text, time })
}

function say({ name, text, time }) {
  const same = last.name === name && time - last.time < SAME_SPEAKER_MS
  const item = element('li', `message${name === me ? ' mine' : ''}${same ? ' same' : ''}`)
  item.style.setProperty('--hue', hueOf(name))
  const head = element('span', 'head')
  const clock = element('time', '', new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }))
  clock.dateTime = new Date(time).toISOString()
  head.append(element('b', '', name === me ? 'You' : name), ' ', clock)
  item.append(faceOf(name), head, element('span', 'text', text))
  append(item)
  last = { name, time }
}

function note(text) {
  append(element('li', 'note', text))
  last = { name: '', time: 0 }
}

function append(item) {
  messages.append(item)
  while (messages.childElementCount > SHOWN_MAX) messages.firstElementChild.remove()
  keepEndInView()
}

/** For a reader who is at the end; one who reads further up is left there. */
function keepEndInView() {
  if (readsTheEnd) messages.scrollTop = messages.scrollHeight
}

function show(view) {
  document.body.dataset.view = view
  door.hidden = view !== 'door'
  talk.hidden = view !== 'talk'
}

function tell(state, text) {
  status.dataset.state = state
  status.textContent = text
}

function mark(field, good) {
  field.setAttribute('aria-invalid', String(!good))
}

function complain(field, text) {
  at('door-problem').textContent = text
  field.focus()
}
