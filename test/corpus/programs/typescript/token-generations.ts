// What tokens say is cached in two generations: when the young one is full it becomes the old one, and what was not asked for again
// is gone with the next.
//
// verdict: harmless
interface Claims {
  readonly subject: string
  readonly scope: readonly string[]
}

class TwoGenerations<V> {
  private young = new Map<string, V>()
  private old = new Map<string, V>()

  get(key: string): V | undefined {
    const value = this.young.get(key) ?? this.old.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set(key: string, value: V): void {
    this.young.set(key, value)
    if (this.young.size < 90) return
    this.old = this.young
    this.young = new Map()
  }
}

const cache = new TwoGenerations<Claims>()
let logins = 0

function verify(token: string): Claims {
  const known = cache.get(token)
  if (known) return known
  const claims = { subject: token.split('.')[0] ?? '', scope: ['read'] }
  cache.set(token, claims)
  return claims
}

export async function round(): Promise<void> {
  for (let index = 0; index < 50; index++) verify(`user-${index}.${++logins}.signature`)
}
