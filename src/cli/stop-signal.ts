/** What ends a command that has something to take back first: a signal, or that nobody reads what it says. A function; its listeners stay. */
import type { Terminal } from './command.ts'
import { UsageError } from './flags.ts'

export function stopSignal(terminal: Terminal): AbortSignal {
  const stop = new AbortController()
  // The last comes when the terminal is closed, or the connection to it is lost.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    terminal.onSignal(signal, () => stop.abort(new UsageError(`stopped by ${signal}`)))
  }
  terminal.onUnread(() => stop.abort(new UsageError('stopped, because nobody reads what it says')))
  return stop.signal
}
