// The page: the notifications of one user, and how many tabs that user has. Reading one here reads it in every tab.
const SHOWN_MAX = 100 // older ones leave the page: a tab left open for a week must not grow for a week

const at = (id) => document.getElementById(id)
const user = new URLSearchParams(location.search).get('user') ?? 'ada'
let socket
at('user').value = user
connect()

function connect() {
  const url = new URL(`/feed?user=${encodeURIComponent(user)}`, location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  socket = new WebSocket(url)
  let opened = false
  socket.addEventListener('open', () => {
    opened = true
    tell('open', 'Open')
  })
  socket.addEventListener('message', ({ data }) => show(JSON.parse(data)))
  socket.addEventListener('close', ({ code }) => {
    tell('waiting', opened ? `Closed with ${code}, trying again` : 'Not let in or not there, trying again')
    // At random, so that all tabs of a server that was away do not come back in the same moment.
    setTimeout(connect, 1_000 + Math.random() * 4_000)
  })
}

function show({ type, id, text, time, count }) {
  if (type === 'tabs') at('tabs').textContent = count === 1 ? 'This is your only tab.' : `You have ${count} tabs open.`
  if (type === 'read') at(id)?.remove()
  if (type === 'notice') {
    at('notices').prepend(noticeOf(id, text, time))
    while (at('notices').childElementCount > SHOWN_MAX) at('notices').lastElementChild.remove()
  }
  at('none').hidden = at('notices').childElementCount > 0
}

function noticeOf(id, text, time) {
  const [item, what, when, button] = ['li', 'span', 'time', 'button'].map((tag) => document.createElement(tag))
  item.id = id
  what.textContent = text
  when.textContent = new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  button.textContent = 'Read'
  button.addEventListener('click', () => {
    if (socket.readyState !== WebSocket.OPEN) return
    socket.send(JSON.stringify({ type: 'read', id }))
    show({ type: 'read', id })
  })
  item.append(what, when, button)
  return item
}

function tell(state, text) {
  at('status').dataset.state = state
  at('status').textContent = text
}
