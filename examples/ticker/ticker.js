// The ticker: one room, one message for each price that moves. What a reader has not got yet is worth nothing as soon as
// there is a newer price of the same symbol, so that is what `latestBy` replaces.
//
// Messages are text: the symbol, the price, and a number that grows with each move: `EURUSD 1.08432 17`.

const ROOM = 'prices'
const PAIRS = ['EURUSD', 'GBPUSD', 'USDJPY', 'USDCHF', 'AUDUSD', 'USDCAD', 'NZDUSD', 'EURGBP']

/** The symbol of a message: the key by which a newer one takes the place of an older one. */
export function symbolOf(message) {
  return message.slice(0, message.indexOf(' '))
}

/**
 * Adds the route /prices to a server and lets the prices move.
 * @param {import('holdfast').Server} server
 * @param {{symbols?: number, everyMs?: number}} options how many symbols, and how often about a third of them moves
 */
export function addTicker(server, { symbols = PAIRS.length, everyMs = 200 } = {}) {
  // Bounded: one entry for each symbol.
  const prices = new Map(namesOf(symbols).map((symbol) => [symbol, { price: 0.5 + Math.random(), number: 0 }]))

  server.route('/prices', {
    slow: { latestBy: symbolOf },
    // One message for each symbol is all that can wait; this is for many symbols.
    outboxBytesMax: 1024 * 1024,
    open(connection) {
      for (const symbol of prices.keys()) connection.send(lineOf(symbol))
      connection.join(ROOM)
    },
  })

  // In the scope of the server, so the timer ends with it.
  server.scope.every(everyMs, () => {
    const room = server.room(ROOM)
    for (const [symbol, quote] of prices) {
      if (Math.random() > 1 / 3) continue
      quote.price *= 1 + (Math.random() - 0.5) / 500
      quote.number += 1
      room.publish(lineOf(symbol))
    }
  })

  function lineOf(symbol) {
    const { price, number } = prices.get(symbol)
    return `${symbol} ${price.toFixed(5)} ${number}`
  }
}

/** How it goes, for the page and for whoever watches: replaced prices are those that nobody has to read any more. */
export function factsOf(server) {
  const { messagesSent, dropped } = server.ledger()
  const replaced = dropped
    .filter(({ reason }) => reason === 'latestBy')
    .reduce((sum, { messages }) => sum + messages, 0)
  return { readers: server.room(ROOM).size, sent: messagesSent, replaced }
}

function namesOf(count) {
  return Array.from({ length: count }, (_, index) => PAIRS[index] ?? `SYM${String(index).padStart(4, '0')}`)
}
