/**
 * How a lane comes to be: the old worker connects to a socket of the supervisor, and the supervisor gives the other end to the
 * new worker when it forks it. It never reads from it, and closes its own copy then: a lane ends with either worker.
 */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import type { ForkedWorker } from './forked-worker.ts'

const WITHIN_MS = 10_000

/**
 * The end of a lane that `old` has connected. Rejects when it does not in time.
 *
 * @param path where to listen meanwhile
 */
export async function openLane(old: ForkedWorker, path: string, clock: Clock): Promise<Socket> {
  const listener = createServer({ pauseOnConnect: true })
  let end = (): void => {}
  try {
    listener.listen(path)
    await once(listener, 'listening')
    const came = once(listener, 'connection') as Promise<[Socket]>
    const late = new Promise<never>((_, reject) => {
      const timer = clock.after(WITHIN_MS, () =>
        reject(new Error(`the old worker did not open its lane in ${WITHIN_MS} ms`)),
      )
      end = () => timer.cancel()
    })
    const gone = old.gone.then(({ reason }) => Promise.reject<never>(new Error(`the old worker died: ${reason}`)))
    gone.catch(() => {})
    // When it cannot. Its death and its deadline are dealt with above.
    const failed = old.hears('lane', WITHIN_MS, '').then(
      ({ problem }) =>
        problem === '' ? came : Promise.reject(new Error(`the old worker did not open its lane: ${problem}`)),
      () => Promise.race([late, gone]),
    )
    old.order({ kind: 'lane', path })
    const [socket] = await Promise.race([came, late, gone, failed])
    // Nobody is interested in its fate here, but an error nobody listens to would end the process.
    socket.on('error', () => {})
    return socket
  } finally {
    end()
    listener.close()
  }
}
