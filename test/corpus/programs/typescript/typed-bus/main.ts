// A bus of events with types: lists of handlers in an object, by a few types. `on` gives a function that takes the handler off; of
// two, each session keeps one for its end. Bundled and minified.
//
// verdict: leak
// holder: handlers | bus
import { bus, TradingSession } from './session.ts'

export async function round(): Promise<void> {
  const sessions = Array.from({ length: 30 }, () => new TradingSession())
  bus.emit('trade', { symbol: 'ACME', price: 10 })
  await null
  bus.emit('halted', { symbol: 'ACME' })
  for (const session of sessions) session.end()
}
