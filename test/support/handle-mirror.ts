/**
 * Copies of raw handles, each with a descriptor of its own, as if they had come from another process: they go through a child, which sends
 * them back. One at a time. Started by a test, whose end ends the child.
 */
import { type ChildProcess, fork, type SendHandle } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { within } from './deadline.ts'

const CHILD = fileURLToPath(new URL('handle-mirror-child.js', import.meta.url))

export class HandleMirror {
  readonly #child: ChildProcess
  #last: Promise<unknown> = Promise.resolve()
  #count = 0

  constructor(t: Pick<TestContext, 'after'>) {
    this.#child = fork(CHILD, { execArgv: [], serialization: 'advanced' })
    t.after(async () => {
      if (this.#child.exitCode !== null) return
      const gone = once(this.#child, 'exit')
      this.#child.disconnect()
      await within('the mirror to exit', gone)
    })
  }

  copy(handle: object): Promise<object> {
    const copied = this.#last.then(() => this.#copy(handle))
    this.#last = copied.catch(() => {})
    return copied
  }

  async #copy(handle: object): Promise<object> {
    const number = this.#count++
    const back = once(this.#child, 'message')
    this.#child.send(number, handle as SendHandle)
    const [answer, copy] = await within('the handle to come back', back)
    if (answer !== number || typeof copy !== 'object' || copy === null) throw new Error('the handle got lost')
    return copy
  }
}
