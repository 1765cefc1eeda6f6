// The page: one row for each symbol, and how the server is doing.
const rows = new Map() // symbol → its cells; bounded by the symbols
const [body, facts, status] = ['prices', 'facts', 'status'].map((id) => document.getElementById(id))
const wholeNumber = new Intl.NumberFormat('en')

connect()
setInterval(askFacts, 2_000)
void askFacts()

function connect() {
  const url = new URL('/prices', location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(url)
  socket.addEventListener('open', () => tell('open', 'Open'))
  socket.addEventListener('message', ({ data }) => show(...data.split(' ')))
  socket.addEventListener('close', ({ code }) => {
    tell('waiting', `Closed with ${code}, trying again`)
    // At random, so that all pages of a server that was away do not come back in the same moment.
    setTimeout(connect, 1_000 + Math.random() * 4_000)
  })
}

function show(symbol, price, number) {
  const row = rows.get(symbol) ?? addRow(symbol)
  const before = row.price.textContent
  if (before !== '') row.price.dataset.moved = Number(price) < Number(before) ? 'down' : 'up'
  row.price.textContent = price
  row.moves.textContent = wholeNumber.format(number)
}

function addRow(symbol) {
  const line = body.insertRow()
  const head = document.createElement('th')
  head.scope = 'row'
  head.textContent = symbol
  line.append(head)
  const row = { price: line.insertCell(), moves: line.insertCell() }
  rows.set(symbol, row)
  return row
}

async function askFacts() {
  try {
    const { readers, sent, replaced } = await (await fetch('/facts')).json()
    const [sentSoFar, never] = [wholeNumber.format(sent), wholeNumber.format(replaced)]
    facts.textContent = `${readers} reading · ${sentSoFar} prices sent · ${never} replaced by newer ones before a slow reader got them`
  } catch {
    facts.textContent = ''
  }
}

function tell(state, text) {
  status.dataset.state = state
  status.textContent = text
}
