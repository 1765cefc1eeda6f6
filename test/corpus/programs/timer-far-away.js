// A cache entry that is to go after a day: a timer for each, which holds what it will take out. The entry itself is
// deleted long before, the timer is forgotten.
//
// verdict: leak
// holder: expire
// event: setTimeout
const DAY_MS = 86_400_000
const entries = new Map()

function remember(key, value) {
  // ↓ holds
  const expire = () => {
    if (entries.get(key) === value) entries.delete(key)
  }
  entries.set(key, value)
  setTimeout(expire, DAY_MS).unref()
}

export async function round() {
  for (let index = 0; index < 100; index++) {
    remember(`key-${index}`, { body: 'x'.repeat(100), index })
    entries.delete(`key-${index}`)
  }
}
