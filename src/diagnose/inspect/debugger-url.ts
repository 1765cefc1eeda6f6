/**
 * Is it an inspector that listens there, and at which URL are its commands taken? One GET of `/json/list`, with a deadline and a bound,
 * on a connection of its own that ends with the answer, without following anybody elsewhere. A function; nothing stays.
 */
import { get, type IncomingMessage } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { ListeningSocket } from './listening-sockets.ts'

/** `no`: it answers, and is none. `silent`: no answer by then. */
export type Asked =
  | { readonly is: 'inspector'; readonly url: string }
  | { readonly is: 'no' | 'silent'; readonly problem: string }

const BYTES_MAX = 1024 * 1024

export async function debuggerUrl(
  { host, port }: Pick<ListeningSocket, 'host' | 'port'>,
  clock: Clock,
  deadlineMs: number,
): Promise<Asked> {
  const over = new AbortController()
  const timer = clock.after(deadlineMs, () => over.abort())
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  try {
    const id = idOf(JSON.parse(await answerOf(host, port, over.signal)))
    // Made here, not taken from the answer: nobody sends us elsewhere.
    if (id !== null) return { is: 'inspector', url: `ws://${where}/${id}` }
    return { is: 'no', problem: 'it names no program that is to be inspected' }
  } catch (thrown) {
    if (over.signal.aborted) return { is: 'silent', problem: `no answer within ${deadlineMs} ms` }
    return { is: 'no', problem: messageOf(thrown) }
  } finally {
    timer.cancel()
    // Whatever still comes is let go.
    over.abort()
  }
}

function answerOf(host: string, port: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ host, port, path: '/json/list', agent: false, signal }, (response) => {
      if (response.statusCode === 200) {
        textOf(response).then(resolve, reject)
        return
      }
      response.resume()
      reject(new Error(`it answers ${response.statusCode} ${response.statusMessage}`.trim()))
    })
    asked.on('error', reject)
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > BYTES_MAX) throw new Error(`its answer is longer than ${BYTES_MAX} bytes`)
  }
  return text
}

/** An application may well answer with a list of its own. */
function idOf(answer: unknown): string | null {
  const [first] = Array.isArray(answer) ? (answer as unknown[]) : []
  const { id, type, webSocketDebuggerUrl: url } = (first ?? {}) as Readonly<Record<string, unknown>>
  const isOne = typeof id === 'string' && /^[\w-]+$/.test(id) && type === 'node'
  return isOne && typeof url === 'string' && url.endsWith(`/${id}`) ? id : null
}
