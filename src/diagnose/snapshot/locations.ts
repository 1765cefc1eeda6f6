/**
 * Where the functions and classes of a snapshot stand: for each function, and each object of a class, the place at which the
 * function, or the constructor, begins. Filled by the parser, sorted by node when it is first asked. Owned by the snapshot.
 */
import type { RowUser } from './number-rows.ts'
import type { SnapshotMeta } from './snapshot-meta.ts'

/** Line and column are counted from 0, as V8 does. */
export interface Location {
  readonly scriptId: number
  readonly line: number
  readonly column: number
}

const WIDTH = 4

export class Locations {
  #numbers = new Uint32Array(1024)
  #count = 0
  #isSorted = true

  rows(meta: SnapshotMeta): RowUser {
    const { location, node, nodeCount } = meta
    return {
      what: 'locations',
      row: (numbers) => {
        if (location === null) return null
        const at = (numbers[location.object] as number) / node.width
        if (at >= nodeCount || at !== Math.floor(at)) return `a place of ${at * node.width}, where no node begins,`
        this.#add(at, numbers[location.script], numbers[location.line], numbers[location.column])
        return null
      },
      over: () => null,
    }
  }

  of(node: number): Location | null {
    if (!this.#isSorted) this.#sort()
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#numbers[middle * WIDTH] ?? 0) < node) low = middle + 1
      else high = middle
    }
    const at = low * WIDTH
    if (low === this.#count || this.#numbers[at] !== node) return null
    const [, scriptId = 0, line = 0, column = 0] = this.#numbers.subarray(at, at + WIDTH)
    return { scriptId, line, column }
  }

  #add(node: number, script = 0, line = 0, column = 0): void {
    const at = this.#count++ * WIDTH
    if (at + WIDTH > this.#numbers.length) {
      const longer = new Uint32Array(Math.ceil(this.#numbers.length * 1.5) & ~3)
      longer.set(this.#numbers)
      this.#numbers = longer
    }
    if (at > 0 && (this.#numbers[at - WIDTH] ?? 0) > node) this.#isSorted = false
    this.#numbers.set([node, script, line, column], at)
  }

  #sort(): void {
    const from = this.#numbers
    const order = Uint32Array.from({ length: this.#count }, (_, index) => index)
    order.sort((a, b) => (from[a * WIDTH] ?? 0) - (from[b * WIDTH] ?? 0))
    const sorted = new Uint32Array(this.#count * WIDTH)
    for (const [to, index] of order.entries()) sorted.set(from.subarray(index * WIDTH, (index + 1) * WIDTH), to * WIDTH)
    this.#numbers = sorted
    this.#isSorted = true
  }
}
