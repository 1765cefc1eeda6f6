/**
 * One HTTP GET, with a deadline and a bound for what comes. A function; nothing stays.
 */
import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { basicLogin } from './dial-target.ts'

export const FETCH_MS = 30_000
const BYTES_MAX = 64 * 1024 * 1024

/** Why there was no answer that can be used, in words. */
export class FetchProblem extends Error {
  override readonly name = 'FetchProblem'
}

/** The body of an answer with status 200. @throws FetchProblem */
export async function fetchBytes(clock: Clock, url: string, deadlineMs = FETCH_MS): Promise<Buffer> {
  const over = new AbortController()
  const timer = clock.after(deadlineMs, () => over.abort())
  try {
    const parsed = new URL(url)
    const headers = parsed.username === '' ? [] : [basicLogin(parsed)]
    parsed.username = ''
    parsed.password = ''
    const response = await fetch(parsed, {
      signal: over.signal,
      headers: headers.map(([name, value]) => [name, value]),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new FetchProblem(`it answers ${response.status} ${response.statusText}`.trim())
    }
    return await bodyOf(response)
  } catch (thrown) {
    if (thrown instanceof FetchProblem) throw thrown
    if (over.signal.aborted) throw new FetchProblem(`it has not answered within ${deadlineMs} ms`)
    throw new FetchProblem(causeOf(thrown))
  } finally {
    timer.cancel()
  }
}

async function bodyOf(response: Response): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    bytes += piece.length
    if (bytes > BYTES_MAX) throw new FetchProblem(`its answer is longer than ${BYTES_MAX} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** `fetch failed` says nothing; what was wrong stands in the cause. */
function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  const { code } = (cause ?? {}) as { code?: string }
  return messageOf(cause ?? thrown) || code || 'it does not answer'
}
