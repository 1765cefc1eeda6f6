/**
 * The client for the peer `ws`, also used behind nginx: does what builtin-client.js does, and sends fragments besides.
 * Ends its connections itself; holds nothing.
 */
import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'
import type { Visit } from './visit.ts'

const STEP_DEADLINE_MS = 10_000
const MEBIBYTE = 1024 * 1024

export async function visitWithWs(base: string, options: ClientOptions = {}): Promise<Visit> {
  const echo = await openWs(`${base}/echo`, options)
  const noise = Buffer.from(Uint32Array.from({ length: MEBIBYTE / 4 }, (_, i) => Math.imul(i, 2654435761)).buffer)
  const echoes = {
    text: await comesBack(echo, ['Grüße, 世界 😀']),
    emptyText: await comesBack(echo, ['']),
    binary: await comesBack(echo, [Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index))]),
    emptyBinary: await comesBack(echo, [Buffer.alloc(0)]),
    mebibyteBinary: await comesBack(echo, [noise]),
    mebibyteText: await comesBack(echo, ['0123456789abcdef'.repeat(MEBIBYTE / 16)]),
    inOrder: await comeBackInOrder(echo, 100),
    fragmentedText: await comesBack(echo, ['eins ', 'zwei ', '', 'drei']),
    fragmentedBinary: await comesBack(echo, [Buffer.from([1, 2]), Buffer.alloc(0), Buffer.from([3])]),
    fragmentedMebibyte: await comesBack(
      echo,
      Array.from({ length: 16 }, (_, i) => noise.subarray((i * MEBIBYTE) / 16, ((i + 1) * MEBIBYTE) / 16)),
    ),
  }
  const extensions = echo.extensions
  const peerEnds = await endOf(echo, () => echo.close(4001, 'peer is done'))
  const end = await openWs(`${base}/end`, options)
  const serverEnds = await endOf(end, () => end.send('4002 server is done'))
  return { extensions, echoes, peerEnds, serverEnds }
}

/** Open, or rejected with what the server answered instead. */
export async function openWs(url: string, options: ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, options)
  await once(socket, 'open', { signal: AbortSignal.timeout(STEP_DEADLINE_MS) })
  return socket
}

/** How the connection ended, as this client sees it. */
export async function endOf(socket: WebSocket, act: () => void): Promise<{ code: number; reason: string }> {
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(STEP_DEADLINE_MS) })
  act()
  const [code, reason] = (await closed) as [number, Buffer]
  return { code, reason: reason.toString() }
}

/** Sends the parts as one message, a ping after each but the last, and compares what comes back with the whole. */
async function comesBack(socket: WebSocket, parts: readonly (string | Buffer)[]): Promise<boolean> {
  const coming = messages(socket, 1)
  for (const [index, part] of parts.entries()) {
    const fin = index === parts.length - 1
    socket.send(part, { fin })
    if (!fin) socket.ping()
  }
  const [back] = await coming
  const whole = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  return back!.isBinary === (typeof parts[0] !== 'string') && whole.equals(back!.data)
}

async function comeBackInOrder(socket: WebSocket, count: number): Promise<boolean> {
  const coming = messages(socket, count)
  for (let index = 0; index < count; index += 1) socket.send(`message ${index}`)
  return (await coming).every(({ data }, index) => data.toString() === `message ${index}`)
}

/** The next messages; rejects when the connection closes first, or the deadline passes. */
function messages(socket: WebSocket, count: number): Promise<{ data: Buffer; isBinary: boolean }[]> {
  return new Promise((resolve, reject) => {
    const got: { data: Buffer; isBinary: boolean }[] = []
    const timer = setTimeout(() => settle(new Error(`${got.length} of ${count} messages came`)), STEP_DEADLINE_MS)
    function settle(error?: Error): void {
      clearTimeout(timer)
      socket.off('message', socketOnMessage).off('close', socketOnClose)
      if (error) reject(error)
      else resolve(got)
    }
    function socketOnMessage(data: Buffer, isBinary: boolean): void {
      got.push({ data, isBinary })
      if (got.length === count) settle()
    }
    function socketOnClose(code: number, reason: Buffer): void {
      settle(new Error(`closed with ${code} ${reason} after ${got.length} of ${count} messages`))
    }
    socket.on('message', socketOnMessage).on('close', socketOnClose)
  })
}
