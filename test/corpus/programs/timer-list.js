// Timers are put into an array, to clear them all at the end. They have long fired, and each keeps its function and
// arguments.
//
// verdict: leak
// holder: timers
const timers = [] // ← holds

const answer = (request, done) => {
  request.answeredAt = Date.now()
  done()
}

function later(request) {
  return new Promise((resolve) => {
    timers.push(setTimeout(answer, 1, request, resolve))
  })
}

export async function round() {
  await Promise.all(Array.from({ length: 50 }, (_, id) => later({ id, headers: { accept: '*/*' } })))
}

export const stop = () => timers.forEach(clearTimeout)
