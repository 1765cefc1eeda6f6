/**
 * A signal that stops the server as a deploy wants it: drain, then close. The second one ends the process at once.
 *
 * A function. What it starts to listen to ends when the server has closed, or by the function it returns.
 */
import { systemClock } from '../base/clock.ts'
import { wrongArgument } from '../base/options.ts'
import { type DrainOptions, readDrainOptions } from './drain-options.ts'
import type { Server } from './server.ts'

/** What it needs of a server of node:http. */
interface ClosableHttpServer {
  close(callback?: () => void): unknown
  closeAllConnections(): void
}

export interface DrainOnSignalOptions extends Omit<DrainOptions, 'signal'> {
  /** The HTTP server it is attached to: listens and answers while the server drains, then is closed as well. */
  readonly httpServer?: ClosableHttpServer
  /** Default: SIGTERM. */
  readonly signals?: readonly NodeJS.Signals[]
}

/**
 * On SIGTERM, calls `server.drain()`, then `server.close()`, then closes `httpServer`; when nothing else keeps the process
 * alive, it exits with 0. A second signal ends the process at once, as the signal does by itself; where the application listens
 * for it too, it ends the drain at once instead.
 *
 * @param options those of `drain()`, and `httpServer`, and `signals`
 * @returns stops listening, for an application that is about to stop the server itself
 * @throws HoldfastError HF_OPTION_INVALID, HF_OPTION_UNKNOWN
 */
export function drainOnSignal(server: Server, options: DrainOnSignalOptions = {}): () => void {
  const { httpServer, signals = ['SIGTERM'], ...drainOptions } = options
  if (!Array.isArray(signals) || signals.length === 0) {
    throw wrongArgument('drainOnSignal()', 'signals', signals, "a list of signals such as ['SIGTERM', 'SIGINT']")
  }
  // A mistake is to be found now, not when the signal comes.
  readDrainOptions(drainOptions, server.options)
  const now = new AbortController()
  let stopping = false

  const onSignal = (signal: NodeJS.Signals): void => {
    if (!stopping) {
      stopping = true
      void stop()
      return
    }
    end()
    // With nobody left to listen the signal does what it does by itself.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    else now.abort()
  }

  const stop = async (): Promise<void> => {
    try {
      await server.drain({ ...drainOptions, signal: now.signal })
    } catch {
      // It is closing already: close() waits for that.
    }
    await server.close()
    if (httpServer !== undefined) await closeHttp(httpServer, server.options.closeTimeoutMs)
    end()
  }

  const end = (): void => {
    for (const signal of signals) process.off(signal, onSignal)
    keep()
  }

  for (const signal of signals) process.on(signal, onSignal)
  // A server that is closed without a signal takes the listeners with it; after a signal they stay until all is done.
  const keep = server.scope.defer(() => {
    if (!stopping) end()
  }, 'drainOnSignal')
  return end
}

/** Answers that are being written may finish; then the sockets that are left are closed. */
async function closeHttp(httpServer: ClosableHttpServer, withinMs: number): Promise<void> {
  const hold = systemClock.hold()
  await new Promise<void>((resolve) => {
    const late = systemClock.after(withinMs, () => httpServer.closeAllConnections())
    httpServer.close(() => {
      late.cancel()
      resolve()
    })
  })
  hold.cancel()
}
