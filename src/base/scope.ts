/**
 * A scope is a lifetime: whatever is put into it is released when it ends.
 *
 * Releases run once, last in first out, each shielded from the failure of another. What is added to a scope that has
 * ended is released at once. A fork ends with its parent and leaves it when it ends before. Everything held is listed by
 * name and age (`held()`).
 *
 * Owned by a connection, a server, or another scope; ends by `end(reason)`. It never holds the promise of a task, so a
 * task that nobody can ever resume can be collected.
 */
import { checkDelay } from './delay.ts'
import { type ErrorCode, HoldfastError, messageOf } from './errors.ts'
import type { Emitter, Listener } from './listener.ts'
import { type Held, labelOf, type ScopeContext } from './scope-context.ts'
import { isAbort, isThenable } from './thenable.ts'
import type { Deadline } from './wheel.ts'

interface Entry {
  readonly kind: Held['kind']
  readonly name: string
  readonly since: number
  release: (reason: unknown) => unknown
}

/** What a fork holds so that its parent lets go of it: no affair of anybody else. */
const LEAVE_PARENT = 'leave parent'

export class Scope {
  readonly name: string
  readonly #context: ScopeContext
  // Removed by: each entry's own release, or the end of the scope. Insertion order is the order of release, reversed.
  #entries: Set<Entry> | null = new Set()
  #controller: AbortController | null = null
  #aborted = false
  #reason: unknown
  #whenIdle: (() => void)[] | null = null
  #parent: Scope | null = null
  // Removed by: the end of the fork. Made for the first one.
  #forks: Set<Scope> | null = null

  constructor(name: string, context: ScopeContext) {
    this.name = name
    this.#context = context
  }

  get ended(): boolean {
    return this.#entries === null
  }

  /** Aborts with the reason of the ending. Made on first use. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** How many things the scope holds. */
  get size(): number {
    return this.#entries?.size ?? 0
  }

  /** How many tasks have not finished, those of forks included. */
  get tasks(): number {
    let count = 0
    for (const entry of this.#entries ?? []) if (entry.kind === 'task') count++
    for (const fork of this.#forks ?? []) count += fork.tasks
    return count
  }

  /** What the scope holds now, oldest first. */
  held(): Held[] {
    const { now } = this.#context.wheel
    return [...(this.#entries ?? [])].map(({ kind, name, since }) => ({ kind, name, ageMs: Math.max(0, now - since) }))
  }

  /** Calls `fn` for everything the scope holds now, and for what its forks hold instead of the forks. */
  visit(fn: (held: Held) => void): void {
    for (const held of this.held()) if (held.kind !== 'scope' && held.name !== LEAVE_PARENT) fn(held)
    for (const fork of this.#forks ?? []) fork.visit(fn)
  }

  /**
   * Runs `release` when the scope ends. The returned function runs it earlier.
   *
   * @param name shown in lists of what the scope holds; default: the name of the function
   */
  defer(release: (reason: unknown) => unknown, name: string = release.name || 'defer'): () => void {
    return this.#add('defer', name, release)
  }

  /**
   * Calls `fn` every `intervalMs` milliseconds until the scope ends or the returned function is called. The wheel turns in
   * steps of 20 ms.
   *
   * @throws HoldfastError HF_DELAY_INVALID
   */
  every(intervalMs: number, fn: () => unknown, name: string = fn.name || `every ${intervalMs} ms`): () => void {
    checkDelay('every', intervalMs, 1)
    let deadline: Deadline | null = null
    const stop = this.#add('timer', name, () => {
      if (deadline !== null) this.#context.wheel.cancel(deadline)
    })
    if (this.ended) return stop
    deadline = this.#context.wheel.after(intervalMs, () => {
      if (deadline !== null && !this.ended) this.#context.wheel.arm(deadline, intervalMs)
      this.#call(name, fn)
    })
    return stop
  }

  /**
   * Calls `fn` once in `delayMs` milliseconds, unless the scope ends or the returned function is called before.
   *
   * @throws HoldfastError HF_DELAY_INVALID
   */
  after(delayMs: number, fn: () => unknown, name: string = fn.name || `after ${delayMs} ms`): () => void {
    checkDelay('after', delayMs, 0)
    let deadline: Deadline | null = null
    let fired = false
    const stop = this.#add('timer', name, () => {
      if (deadline !== null && !fired) this.#context.wheel.cancel(deadline)
    })
    if (this.ended) return stop
    deadline = this.#context.wheel.after(delayMs, () => {
      fired = true
      stop()
      this.#call(name, fn)
    })
    return stop
  }

  /** Listens to an EventEmitter or EventTarget until the scope ends or the returned function is called. */
  listen(
    target: Emitter | EventTarget,
    event: string,
    listener: Listener,
    name = `listener for "${event}"`,
  ): () => void {
    if (this.ended) return nothing
    if ('addEventListener' in target) {
      const heard = listener as (event: Event) => void
      target.addEventListener(event, heard)
      return this.#add('listener', name, () => target.removeEventListener(event, heard))
    }
    target.on(event, listener)
    return this.#add('listener', name, () => target.off(event, listener))
  }

  /** Holds a disposable (`Symbol.dispose`, `Symbol.asyncDispose`) and disposes of it when the scope ends; returns it. */
  use<Resource extends Disposable | AsyncDisposable>(resource: Resource, name?: string): Resource {
    const shown = name ?? resource.constructor?.name ?? 'resource'
    this.#add('resource', shown, () =>
      Symbol.dispose in resource ? resource[Symbol.dispose]() : resource[Symbol.asyncDispose](),
    )
    return resource
  }

  /**
   * Work that belongs to this scope: `fn` is called at once and its signal aborts when the scope ends.
   *
   * A task that fails is announced (HF_TASK_FAILED), unless it fails because its scope has ended. When the scope has
   * ended already, `fn` is not called and the promise resolves to undefined.
   */
  task<Result>(name: string, fn: (signal: AbortSignal) => Promise<Result> | Result): Promise<Result | undefined> {
    if (this.ended) return Promise.resolve(undefined)
    const done = this.#add('task', name, nothing)
    let running: Promise<Result>
    try {
      running = Promise.resolve(fn(this.signal))
    } catch (thrown) {
      running = Promise.reject(thrown)
    }
    // The reactions hang on the promise; nothing but them points at it.
    const observer = this.#context.observer ?? null
    observer?.taskOnStarted(labelOf(this.#context), name, running)
    const settled = (): void => {
      done()
      observer?.taskOnSettled(running)
    }
    running.then(settled, (thrown) => {
      settled()
      // A task that stops because its signal told it to has not failed.
      if (!this.#aborted || !isAbort(thrown, this.#reason)) this.#report('HF_TASK_FAILED', name, thrown)
    })
    return running
  }

  /** A scope within this one. It ends with this one, and leaves it when it ends before. */
  fork(name: string): Scope {
    const child = new Scope(`${this.name} > ${name}`, this.#context)
    if (this.ended) {
      child.end(this.#reason)
      return child
    }
    const leave = this.#add('scope', name, (reason) => {
      this.#forks?.delete(child)
      child.end(reason)
    })
    child.#parent = this
    this.#forks ??= new Set()
    this.#forks.add(child)
    if (this.#aborted) child.abort(this.#reason)
    child.defer(leave, LEAVE_PARENT)
    return child
  }

  /** Calls `fn` as soon as no task is running: now, when a last task finishes, or when the scope ends. */
  onTasksDone(fn: () => void): void {
    if (this.tasks === 0) fn()
    else this.#whenIdle = [...(this.#whenIdle ?? []), fn]
  }

  /** Aborts the signal, so that what runs can stop, while everything held stays until `end`. */
  abort(reason: unknown): void {
    if (this.ended || this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
    for (const fork of this.#forks ?? []) fork.abort(reason)
  }

  /**
   * Ends the scope: the signal aborts with `reason`, then everything held is released, last in first out.
   * A second call does nothing. A release that returns a promise is not waited for; its rejection is announced.
   */
  end(reason: unknown): void {
    const entries = this.#entries
    if (entries === null) return
    this.abort(reason)
    this.#entries = null
    for (const entry of [...entries].reverse()) this.#release(entry, this.#reason)
    this.#tellIdle()
  }

  /** Adds an entry; the returned function takes it out and releases it, once. */
  #add(kind: Held['kind'], name: string, release: (reason: unknown) => unknown): () => void {
    const entry: Entry = { kind, name, since: this.#context.wheel.now, release }
    if (this.#entries === null) {
      this.#release(entry, this.#reason)
      return nothing
    }
    this.#entries.add(entry)
    if (kind !== 'scope' && name !== LEAVE_PARENT)
      this.#context.observer?.scopeOnAdded(labelOf(this.#context), kind, name)
    return () => {
      if (this.#entries?.delete(entry) !== true) return
      this.#release(entry, undefined)
      if (kind === 'task') this.#taskDone()
    }
  }

  #release(entry: Entry, reason: unknown): void {
    const { release } = entry
    // Whoever keeps the function that takes an entry out keeps nothing else.
    entry.release = nothing
    try {
      const released = release(reason)
      if (isThenable(released)) {
        Promise.resolve(released).catch((thrown) => this.#report('HF_RELEASE_FAILED', entry.name, thrown))
      }
    } catch (thrown) {
      this.#report('HF_RELEASE_FAILED', entry.name, thrown)
    }
  }

  #call(name: string, fn: () => unknown): void {
    try {
      const returned = fn()
      if (isThenable(returned)) {
        Promise.resolve(returned).catch((thrown) => this.#report('HF_TASK_FAILED', name, thrown))
      }
    } catch (thrown) {
      this.#report('HF_TASK_FAILED', name, thrown)
    }
  }

  #report(code: ErrorCode, name: string, cause: unknown): void {
    this.#context.scopeOnError(
      new HoldfastError(code, { name, scope: this.name, message: messageOf(cause) }, { cause }),
    )
  }

  #taskDone(): void {
    if (this.#whenIdle !== null && this.tasks === 0) this.#tellIdle()
    if (this.#parent !== null) this.#parent.#taskDone()
  }

  #tellIdle(): void {
    const waiting = this.#whenIdle
    this.#whenIdle = null
    for (const fn of waiting ?? []) fn()
  }
}

function nothing(): void {}
