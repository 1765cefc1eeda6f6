// The function of memoize, behind a cache that knows its bound, and forgets what was used least recently.
//
// verdict: harmless
class Lru {
  #entries = new Map()
  #most

  constructor(most) {
    this.#most = most
  }

  get(key, compute) {
    const value = this.#entries.get(key) ?? compute(key)
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#most) this.#entries.delete(this.#entries.keys().next().value)
    return value
  }
}

const permissions = new Lru(150)
let tokens = 0

export async function round() {
  for (let index = 0; index < 100; index++) permissions.get(`token-${++tokens}`, (token) => ({ token, may: ['read'] }))
}
