/** One who watches the live channel of an admin port, in a test: a client of `ws`, with the headers that a browser would send. */
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import WebSocket from 'ws'
import { type Hello, LIVE_PATH, type Look, type Told } from '../../../src/ops/live/wire.ts'
import { until, within } from '../../support/deadline.ts'

export interface Viewer {
  readonly hello: Hello
  readonly looks: readonly Look[]
  /** As they came. */
  readonly texts: readonly string[]
  readonly socket: WebSocket
  /** The close code, when it has closed. */
  readonly closed: Promise<number>
}

export interface ViewerInit {
  readonly headers?: Readonly<Record<string, string>>
  /** Null: none. Default: the port's own. */
  readonly origin?: string | null
}

function socketOf(t: TestContext, port: number, { headers = {}, origin = `http://127.0.0.1:${port}` }: ViewerInit) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${LIVE_PATH}`, {
    headers,
    ...(origin !== null && { origin }),
    handshakeTimeout: 10_000,
  })
  t.after(() => socket.terminate())
  return socket
}

/** Waits for the hello. */
export async function watch(t: TestContext, port: number, init: ViewerInit = {}): Promise<Viewer> {
  const socket = socketOf(t, port, init)
  const texts: string[] = []
  const told: Told[] = []
  socket.on('message', (data) => {
    texts.push(String(data))
    told.push(JSON.parse(String(data)) as Told)
  })
  const closed = once(socket, 'close').then(([code]) => Number(code))
  await within('the live channel to open', once(socket, 'open'))
  await until('there is a hello', () => told.length > 0)
  return {
    hello: told[0] as Hello,
    get looks() {
      return told.filter((one): one is Look => one.kind === 'look')
    },
    ...{ texts, socket, closed },
  }
}

/** The status with which it is refused; 101 when it is not. */
export async function statusOfUpgrade(t: TestContext, port: number, init: ViewerInit): Promise<number> {
  const socket = socketOf(t, port, init)
  const answered = new Promise<number>((resolve, reject) => {
    socket.on('unexpected-response', (_, response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    socket.on('open', () => resolve(101))
    socket.on('error', reject)
  })
  return within('an answer to the upgrade', answered).finally(() => socket.terminate())
}
