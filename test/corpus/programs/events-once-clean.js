// The repaired twin of events-by-number: who gives up takes the listener off.
//
// verdict: harmless
import { EventEmitter, once } from 'node:events'

const replies = new EventEmitter()
let numbers = 0

async function ask(isAnswered) {
  const event = `reply ${++numbers}`
  const gaveUp = new AbortController()
  const reply = once(replies, event, { signal: gaveUp.signal })
  if (isAnswered) replies.emit(event, 'yes')
  else gaveUp.abort()
  return await reply.catch(() => 'gave up')
}

export async function round() {
  for (let index = 0; index < 100; index++) await ask(index % 2 === 0)
}
