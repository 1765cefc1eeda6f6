/**
 * A gate: at most so many are inside at once, the rest waits in order, and at most so many wait.
 *
 * Who is inside owes it a `leave()`; who waits may give up. Owned by whoever made it. It has no timer: whoever waits has a
 * deadline of its own.
 */
export interface Waiter {
  /** Waits no longer. Nothing happens when its turn has come or it has given up already. */
  giveUp(): void
}

/** A node of the list of those who wait; both neighbours are null when it waits no longer. */
interface Node {
  enter: (() => void) | null
  next: Node | null
  previous: Node | null
}

export class Gate {
  readonly max: number
  readonly waitingMax: number
  #inside = 0
  #waiting = 0
  readonly #ring: Node = makeRing()
  #handingOn = false

  /** Both may be Infinity. */
  constructor(max: number, waitingMax: number) {
    this.max = max
    this.waitingMax = waitingMax
  }

  get inside(): number {
    return this.#inside
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Nobody can enter, nobody can wait. */
  get full(): boolean {
    return this.#blocked && this.#waiting >= this.waitingMax
  }

  /** Goes in, if there is room and nobody is before. */
  enter(): boolean {
    if (this.#blocked) return false
    this.#inside++
    return true
  }

  /**
   * Waits in order; `enter` is called once it is inside, from the `leave()` of another. Null, and never called, when as many
   * wait as may. `enter` must not throw.
   */
  wait(enter: () => void): Waiter | null {
    if (this.#waiting >= this.waitingMax) return null
    const node: Node = { enter, next: this.#ring, previous: this.#ring.previous }
    ;(this.#ring.previous as Node).next = node
    this.#ring.previous = node
    this.#waiting++
    return { giveUp: () => this.#take(node) }
  }

  /** One goes out: the next comes in. */
  leave(): void {
    this.#inside--
    // One that comes in may go out at once: not deeper and deeper, but one after the other.
    if (this.#handingOn) return
    this.#handingOn = true
    while (this.#waiting > 0 && this.#inside < this.max) {
      this.#inside++
      this.#take(this.#ring.next as Node)?.()
    }
    this.#handingOn = false
  }

  get #blocked(): boolean {
    return this.#inside >= this.max || this.#waiting > 0
  }

  #take(node: Node): (() => void) | null {
    const { enter, next, previous } = node
    if (enter === null || next === null || previous === null) return null
    previous.next = next
    next.previous = previous
    node.next = node.previous = node.enter = null
    this.#waiting--
    return enter
  }
}

function makeRing(): Node {
  const ring: Node = { enter: null, next: null, previous: null }
  ring.next = ring.previous = ring
  return ring
}
