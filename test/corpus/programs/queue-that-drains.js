// Work waits in a queue, and there is always some left when a round ends: what is left is done in the next.
//
// verdict: harmless
const queue = []
let numbers = 0
let done = 0

function work(most) {
  for (let count = 0; count < most && queue.length > 0; count++) {
    const { payload } = queue.shift()
    done += payload.length
  }
}

export async function round() {
  for (let index = 0; index < 100; index++) queue.push({ number: ++numbers, payload: [index, 'x'] })
  work(queue.length - 40)
  await null
}

export const stop = () => done
