export interface LruOptions {
  readonly max?: number
}

export class LruCache<K, V> {
  private readonly map = new Map<K, V>() // ← or holds
  private readonly max: number

  constructor({ max = Number.POSITIVE_INFINITY }: LruOptions = {}) {
    this.max = max
  }

  get(key: K): V | undefined {
    const value = this.map.get(key)
    if (value === undefined) return undefined
    this.map.delete(key)
    this.map.set(key, value)
    return value
  }

  set(key: K, value: V): void {
    this.map.delete(key)
    this.map.set(key, value)
    if (this.map.size > this.max) this.map.delete(this.map.keys().next().value as K)
  }
}
