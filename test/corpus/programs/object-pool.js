// A pool of objects that are used again; it has as many as were ever used at once, and that is twenty.
//
// verdict: harmless
const free = []
let made = 0

const take = () => free.pop() ?? { number: ++made, data: new Float64Array(64), uses: 0 }
const give = (item) => free.push(item)

async function use(id) {
  const item = take()
  item.uses++
  item.data[0] = id
  await null
  give(item)
}

export async function round() {
  for (let time = 0; time < 10; time++) await Promise.all(Array.from({ length: 20 }, (_, id) => use(id)))
}
