// A parser for each connection, written as a generator that waits for the next piece. Clients who leave in the middle
// of a message leave theirs behind.
//
// verdict: leak
// holder: parsers
const parsers = new Map() // ← holds
let connections = 0

function* parse(connection) {
  const pieces = []
  while (pieces.length < 4) pieces.push(yield `${connection}: ${pieces.length}`)
  return pieces.join('')
}

function receive(connection, piece) {
  let parser = parsers.get(connection)
  if (parser === undefined) {
    parser = parse(connection)
    parser.next()
    parsers.set(connection, parser)
  }
  if (parser.next(piece).done) parsers.delete(connection)
}

export async function round() {
  for (let index = 0; index < 50; index++) {
    const connection = ++connections
    for (let piece = 0; piece < (index % 2 ? 3 : 4); piece++) receive(connection, `piece ${piece}`)
  }
}
