/**
 * The lines of an answer that goes on: each value as JSON, an empty line when nothing came for a while.
 *
 * Made for one answer. Ends when the values end, when one cannot be had, or when `signal` aborts; then the values are told to
 * end too, and not waited for, because they may be waiting for something that never comes. At most one value is taken ahead.
 */
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'

export interface LinesContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** After so long without a value comes an empty line. */
  readonly beatMs: number
  linesOnError(thrown: unknown): void
}

export async function* linesOf(values: AsyncIterable<unknown>, context: LinesContext): AsyncGenerator<string> {
  const { signal } = context
  const iterator = values[Symbol.asyncIterator]()
  let came: IteratorResult<unknown> | null = null
  let failed = false
  let wake: () => void = () => {}
  const take = (): void => {
    came = null
    iterator.next().then(
      (result) => {
        came = result
        wake()
      },
      (thrown: unknown) => {
        context.linesOnError(thrown)
        failed = true
        came = { done: false, value: { error: { message: messageOf(thrown) } } }
        wake()
      },
    )
  }
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort)
  try {
    take()
    while (!signal.aborted) {
      const next = await soonest<IteratorResult<unknown>>(context, (resolve) => {
        wake = () => resolve(came)
        if (came !== null) wake()
      })
      if (signal.aborted || next?.done) return
      yield next === null ? '\n' : `${JSON.stringify(next.value)}\n`
      if (failed) return
      if (next !== null) take()
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    iterator.return?.().catch(() => {})
  }
}

/** What comes first: what `wait` resolves with, or null after `beatMs`. */
async function soonest<Value>(
  { clock, beatMs }: LinesContext,
  wait: (resolve: (value: Value | null) => void) => void,
): Promise<Value | null> {
  let cancel = (): void => {}
  try {
    return await new Promise<Value | null>((resolve) => {
      const timer = clock.after(beatMs, () => resolve(null))
      cancel = () => timer.cancel()
      wait(resolve)
    })
  } finally {
    cancel()
  }
}
