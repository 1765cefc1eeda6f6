// A cache with a bound that is cleared as a whole when it is full. So it may have grown by some between two looks, and
// have shrunk between the next two.
//
// verdict: harmless
const MOST = 260
const cache = new Map()
let keys = 0

function remember(key, value) {
  if (cache.size >= MOST) cache.clear()
  cache.set(key, value)
}

export async function round() {
  for (let index = 0; index < 50; index++) remember(`key-${++keys}`, { index, tags: ['a', 'b'] })
}
