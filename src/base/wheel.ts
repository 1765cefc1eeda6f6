/**
 * The deadline wheel: every deadline, heartbeat and interval of one server on one timer.
 *
 * A hashed timing wheel (Varghese and Lauck, scheme 6): `SLOTS` rings of deadlines, one ring for each `TICK_MS`; adding
 * and cancelling cost the same however many there are. A deadline is itself the list node, so one of a connection costs
 * no allocation when it is armed again.
 *
 * Time on the wheel is *awake* time: when the process itself was stuck (a long synchronous stretch, SIGSTOP, a suspended
 * machine), the gap is left out. Peers whose answers lay unread in the kernel meanwhile are not judged by it.
 *
 * Owned by the server. Ends with `end()`: the timer is cancelled, pending deadlines never fire, later ones neither.
 * Never keeps the process alive, and holds no timer while no deadline is armed.
 */
import type { Clock, ClockTimer } from './clock.ts'

const TICK_MS = 20
const SLOTS = 512
/** While anything is armed the wheel wakes at least this often: this is how it notices that the process was stuck. */
const SAMPLE_MS = 100
/** Waking later than planned by this much counts as having been stuck. */
const STALL_MS = 250

/** Who is told when a deadline is due. */
export interface DeadlineOwner {
  /** Called once when due; the deadline is disarmed by then and may be armed again. */
  deadlineOnDue(): void
}

/** One moment in the future. Disarmed by `wheel.cancel(deadline)` or by firing; arming it again costs no allocation. */
export class Deadline {
  /** @internal neighbours in the ring; both null when not armed */
  next: Deadline | null
  /** @internal */
  previous: Deadline | null
  /** When it is due, in awake milliseconds of its wheel. */
  dueAt: number
  readonly owner: DeadlineOwner

  constructor(owner: DeadlineOwner) {
    this.next = null
    this.previous = null
    this.dueAt = 0
    this.owner = owner
  }

  get armed(): boolean {
    return this.next !== null
  }
}

const NOBODY: DeadlineOwner = { deadlineOnDue: () => {} }

/** The head of a ring: a node that is never due. */
function makeRing(): Deadline {
  const ring = new Deadline(NOBODY)
  ring.next = ring
  ring.previous = ring
  return ring
}

export class Wheel {
  /**
   * Awake milliseconds as of the last reading: at most about `SAMPLE_MS` old while anything is armed. Free to read, for
   * stamps on hot paths; deadlines use a fresh reading.
   */
  now = 0
  /** How long the process has been stuck in all, in milliseconds. */
  stalledMs = 0
  readonly #clock: Clock
  readonly #onStall: (stalledMs: number) => void
  readonly #rings: Deadline[] = Array.from({ length: SLOTS }, makeRing)
  #armed = 0
  #tick: number
  #timer: ClockTimer | null = null
  /** When the timer was meant to fire, on the clock (not awake) time. */
  #wakeAt = 0
  #firing = false
  #ended = false

  constructor(clock: Clock, onStall: (stalledMs: number) => void) {
    this.#clock = clock
    this.#onStall = onStall
    this.now = clock.now()
    this.#tick = Math.floor(this.now / TICK_MS)
  }

  /** How many deadlines are armed. */
  get size(): number {
    return this.#armed
  }

  /** Arms `deadline` to fire in `delayMs` awake milliseconds, not before; one that is armed already is moved. */
  arm(deadline: Deadline, delayMs: number): void {
    if (deadline.next !== null) this.cancel(deadline)
    if (this.#ended) return
    const now = this.#read()
    if (this.#armed === 0) this.#tick = Math.floor(now / TICK_MS)
    deadline.dueAt = now + Math.max(0, delayMs)
    const tick = Math.max(Math.ceil(deadline.dueAt / TICK_MS), this.#tick + 1)
    link(deadline, this.#rings[tick % SLOTS] as Deadline)
    this.#armed++
    this.#wakeIn(Math.min(SAMPLE_MS, tick * TICK_MS - now))
  }

  /** Disarms `deadline`; nothing happens when it was not armed. */
  cancel(deadline: Deadline): void {
    if (deadline.next === null) return
    unlink(deadline)
    this.#armed--
  }

  /** Calls `fn` once in `delayMs` awake milliseconds, unless the deadline it returns is cancelled before. */
  after(delayMs: number, fn: () => void): Deadline {
    const deadline = new Deadline({ deadlineOnDue: fn })
    this.arm(deadline, delayMs)
    return deadline
  }

  /** Nothing fires after this. */
  end(): void {
    this.#ended = true
    this.#timer?.cancel()
    this.#timer = null
    for (const ring of this.#rings) {
      for (let first = ring.next as Deadline; first !== ring; first = ring.next as Deadline) this.cancel(first)
    }
  }

  /** Reads the clock, leaving out a stretch in which the process was stuck. */
  #read(): number {
    const clockNow = this.#clock.now()
    const late = clockNow - this.#wakeAt
    if ((this.#timer !== null || this.#firing) && late > STALL_MS) {
      // What a reading since then has counted as awake stays awake: time on the wheel never goes back.
      const gap = Math.min(late, clockNow - this.stalledMs - this.now)
      this.stalledMs += gap
      this.#wakeAt = clockNow
      this.now = clockNow - this.stalledMs
      this.#onStall(gap)
    } else {
      this.now = clockNow - this.stalledMs
    }
    return this.now
  }

  #wakeIn(delayMs: number): void {
    const wakeAt = this.now + this.stalledMs + delayMs
    if (this.#timer !== null) {
      if (wakeAt >= this.#wakeAt) return
      this.#timer.cancel()
    }
    this.#wakeAt = wakeAt
    this.#timer = this.#clock.after(delayMs, this.#timerOnDue)
  }

  readonly #timerOnDue = (): void => {
    const now = this.#read()
    this.#timer = null
    // A callback that is itself stuck is a gap too: it was meant to be back now.
    this.#wakeAt = now + this.stalledMs
    this.#firing = true
    const until = Math.floor(now / TICK_MS)
    const from = Math.max(this.#tick + 1, until - SLOTS + 1)
    for (let tick = from; tick <= until; tick++) {
      // First, so that what a callback arms goes into a ring that is still to come.
      this.#tick = tick
      this.#fire(this.#rings[tick % SLOTS] as Deadline, now)
    }
    this.#tick = Math.max(this.#tick, until)
    this.#read()
    this.#firing = false
    if (this.#armed > 0 && !this.#ended) this.#wakeIn(this.#untilNext())
  }

  /** Fires what is due in one ring. Due ones are set apart first: a callback may arm or cancel any other. */
  #fire(ring: Deadline, now: number): void {
    if (ring.next === ring) return
    const due = makeRing()
    for (let node = ring.next as Deadline; node !== ring; ) {
      const next = node.next as Deadline
      if (node.dueAt <= now) {
        unlink(node)
        link(node, due)
      }
      node = next
    }
    for (let node = due.next as Deadline; node !== due; node = due.next as Deadline) {
      this.cancel(node)
      if (!this.#ended) callOwner(node.owner)
    }
  }

  #untilNext(): number {
    for (let tick = this.#tick + 1; tick * TICK_MS - this.now < SAMPLE_MS; tick++) {
      const ring = this.#rings[tick % SLOTS] as Deadline
      if (ring.next !== ring) return Math.max(1, tick * TICK_MS - this.now)
    }
    return SAMPLE_MS
  }
}

function link(node: Deadline, ring: Deadline): void {
  const last = ring.previous as Deadline
  node.previous = last
  node.next = ring
  last.next = node
  ring.previous = node
}

function unlink(node: Deadline): void {
  const previous = node.previous as Deadline
  const next = node.next as Deadline
  previous.next = next
  next.previous = previous
  node.next = null
  node.previous = null
}

/** An owner that throws has a bug: it surfaces as an uncaught exception, but everybody else's deadlines go on. */
function callOwner(owner: DeadlineOwner): void {
  try {
    owner.deadlineOnDue()
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}
