/**
 * For the tests of docs/LIFECYCLE.md: its tables as rows of cells, and a raw client that speaks HTTP. Each call of
 * `upgrade` owns its socket, which ends with the test's server or at the deadline.
 */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after } from 'node:test'
import { documents } from './documents.ts'

const DEADLINE_MS = 15_000
const EXIT_DEADLINE_MS = 3_000

// A server that a failed test could not close must not keep this process.
after(() => setTimeout(() => process.exit(), EXIT_DEADLINE_MS).unref())

export const LIFECYCLE: string = documents().find(({ path }) => path.endsWith('LIFECYCLE.md'))?.text ?? ''

/** The rows of the table below a heading, by their first cell; back-quotes are left out. */
export function rowsBelow(heading: string): Map<string, string[]> {
  const section = LIFECYCLE.split(`\n## ${heading}\n`)[1]?.split(/\n## /)[0] ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('| '))
  const rows = lines.slice(2).map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
  return new Map(rows.map(([first = '', ...rest]) => [first, rest]))
}

/** The head of an upgrade request; `changes` replaces or (null) leaves out headers. */
export function upgradeHead(path: string, changes: Readonly<Record<string, string | null>> = {}, line = 'GET'): string {
  const headers: Record<string, string | null> = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...changes,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  return `${line} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** Sends a request and waits for the whole head of its answer; what came behind it is put back. */
export async function ask(port: number, request: string): Promise<{ socket: Socket; head: string; body: string }> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(request)
  let head = ''
  await withDeadline(
    new Promise<void>((resolve, reject) => {
      socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(head)}`)))
      socket.on('data', function take(chunk: Buffer) {
        head += chunk.toString('latin1')
        const length = /content-length: (\d+)/i.exec(head)
        const end = head.indexOf('\r\n\r\n')
        if (end === -1 || head.length < end + 4 + Number(length?.[1] ?? 0)) return
        socket.off('data', take)
        resolve()
      })
    }),
  )
  const end = head.indexOf('\r\n\r\n')
  return { socket, head: head.slice(0, end), body: head.slice(end + 4) }
}

export async function withDeadline<Value>(promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: 'nothing happened in time' })), DEADLINE_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
