// The interval of `timers/promises`, read by a function for each visitor that has no end.
//
// verdict: leak
// holder: follow
import { setInterval } from 'node:timers/promises'

// ↓ holds
async function follow(visitor) {
  for await (const time of setInterval(3_600_000, 'tick', { ref: false })) visitor.seen.push(time)
}

export async function round() {
  for (let index = 0; index < 20; index++) void follow({ index, seen: [] })
  await null
}
