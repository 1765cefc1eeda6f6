// Lines are put together in one string, which is written out every third round. When one looks it may be longer each time, and it is
// another one.
//
// verdict: harmless
let text = 'begun\n'
let rounds = 0
let written = 0

export async function round() {
  if (rounds++ % 3 === 2) {
    written += text.length
    text = `after ${rounds}\n`
  }
  for (let index = 0; index < 100; index++)
    text += `${rounds} ${index} GET /path/${index} 200 with a line that is long enough\n`
}

export const count = () => written
