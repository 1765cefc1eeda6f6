// `events.on` gives what happens as an async iterator, and keeps for it what it has not asked for. Here it asks for
// one thing a round. The queue is Node's; the iterator is what the program has.
//
// verdict: leak
// holder: ticks | clock
import { EventEmitter, on } from 'node:events'

const clock = new EventEmitter() // ← or holds
const ticks = on(clock, 'tick') // ← holds

export async function round() {
  for (let index = 0; index < 50; index++) clock.emit('tick', { index, at: performance.now() })
  await ticks.next()
}

export const stop = () => ticks.return()
