/**
 * Runs cases against a server and says of each whether it passed. Owned by a test or by main.ts; ends when the last case
 * has; every socket it opened is destroyed by then. Never throws for a failing case: a failure is a result.
 */
import type { Expected, FrameCase, HandshakeCase, Message, Profile, Step, WireCase } from './cases.ts'
import { close, cut, encode, type Frame, fragments, OPCODE, RSV, text } from './frames.ts'
import { acceptOf } from './http-answer.ts'
import { type Arrival, type Target, WireClient } from './wire-client.ts'

export interface RunOptions {
  /** Where each profile is served; cases whose profile is missing are left out, which `Results` counts. */
  readonly targets: Readonly<Partial<Record<Profile, Target>>>
  readonly deadlineMs: number
  readonly parallel: number
  /** The suite's own servers must agree to every valid offer; of any other server it is only said that it declined. */
  readonly ownServer: boolean
  /** Give up after so many failures: a server that is wrong everywhere would cost a deadline for every case. */
  readonly failuresMax: number
}

export interface Failure {
  readonly id: string
  readonly about: string
  readonly rfc: string
  readonly problem: string
}

export interface Results {
  readonly passed: number
  readonly failures: readonly Failure[]
  /** Ids of cases whose valid offer the server declined, which it may. */
  readonly declined: readonly string[]
  /** Ids of cases for which there is no server with that profile. */
  readonly leftOut: readonly string[]
  /** Ids of cases that were not run, because there had been too many failures. */
  readonly notRun: readonly string[]
}

class Declined extends Error {}

export async function runCases(cases: readonly WireCase[], options: RunOptions): Promise<Results> {
  const results = {
    passed: 0,
    failures: [] as Failure[],
    declined: [] as string[],
    leftOut: [] as string[],
    notRun: [] as string[],
  }
  const runOne = async (given: WireCase): Promise<void> => {
    if (results.failures.length >= options.failuresMax) {
      results.notRun.push(given.id)
      return
    }
    const target = options.targets[given.on]
    if (target === undefined) {
      results.leftOut.push(given.id)
      return
    }
    try {
      await runCase(given, target, options)
      results.passed++
    } catch (error) {
      if (error instanceof Declined) results.declined.push(given.id)
      else {
        const { id, about, rfc } = given
        results.failures.push({ id, about, rfc, problem: (error as Error).message })
      }
    }
  }
  const queue = cases.filter((given) => given.type === 'handshake' || !given.large)
  const workers = Array.from({ length: options.parallel }, async () => {
    for (let given = queue.shift(); given !== undefined; given = queue.shift()) await runOne(given)
  })
  await Promise.all(workers)
  for (const given of cases) if (given.type === 'frames' && given.large) await runOne(given)
  results.failures.sort((a, b) => (a.id < b.id ? -1 : 1))
  return results
}

async function runCase(given: WireCase, target: Target, options: RunOptions): Promise<void> {
  const client = await WireClient.connect(target, options.deadlineMs)
  try {
    if (given.type === 'frames') await runFrames(given, client, target, options)
    else await runHandshake(given, client, target)
  } finally {
    client.destroy()
  }
}

async function runFrames(given: FrameCase, client: WireClient, target: Target, options: RunOptions): Promise<void> {
  const answer = await client.open(target, given.offer)
  const agreed = answer.header('sec-websocket-extensions')
  if (given.agreed === 'no' && agreed !== null) throw new Error(`extension "${agreed}" was agreed`)
  if (given.agreed === 'yes' && agreed === null) {
    if (options.ownServer) throw new Error(`the valid offer "${given.offer}" was declined`)
    throw new Declined()
  }
  for (const parameter of given.answerHas) {
    if (agreed?.split(';').some((part) => part.trim() === parameter)) continue
    if (options.ownServer) throw new Error(`the answer "${agreed}" lacks ${parameter}`)
    throw new Declined()
  }
  for (const step of given.steps()) {
    if (step.do === 'send') await runSend(step, client)
    else await runExpect(step.expected, client)
  }
  await runEnding(given.ending, client)
}

async function runSend(step: Step & { do: 'send' }, client: WireClient): Promise<void> {
  if (step.chunks === 'frames') {
    for (const item of step.items) {
      for (const bytes of bytesOf(item, client)) await client.writeChunks(bytes, bytes.length)
    }
    return
  }
  const parts = step.items.flatMap((item) => bytesOf(item, client))
  const all = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  if (step.chunks === 'once') client.write(all)
  else await client.writeChunks(all, step.chunks)
}

function bytesOf(item: Frame | Message | Uint8Array, client: WireClient): Buffer[] {
  if (item instanceof Uint8Array) return [Buffer.from(item)]
  if (item.type === 'frame') return [encode(item)]
  const deflate = item.compressed ? client.deflate : null
  const payload = deflate === null ? item.payload : deflate.compress(item.payload)
  const parts = cut(payload, Math.min(item.fragmentBytes, Math.max(1, payload.length)))
  const opcode = item.kind === 'text' ? OPCODE.text : OPCODE.binary
  return fragments(opcode, parts, deflate === null ? 0 : RSV.rsv1).map(encode)
}

async function runExpect(expected: readonly Expected[], client: WireClient): Promise<void> {
  for (const wanted of expected) {
    const shown = show(wanted.kind, wanted.payload)
    const arrival = await client.next(shown)
    const same = arrival.kind === wanted.kind && 'payload' in arrival && arrival.payload.equals(wanted.payload)
    if (!same) throw new Error(`wanted ${shown}, got ${showArrival(arrival)}`)
  }
}

async function runEnding(ending: FrameCase['ending'], client: WireClient): Promise<void> {
  if (ending.how === 'clean') client.write(encode(close(1000)))
  const codes: readonly (number | null)[] = ending.how === 'clean' ? [1000] : ending.codes
  const wanted = `close frame with ${codes.map((code) => code ?? 'no code').join(' or ')}`
  const arrival = await client.next(wanted)
  if (arrival.kind !== 'close' || !codes.includes(arrival.code)) {
    throw new Error(`wanted ${wanted}, got ${showArrival(arrival)}`)
  }
  const last = await client.next('end of TCP by the server (RFC 6455 section 7.1.1)')
  // A server that fails a connection may leave bytes of ours unread; its kernel then resets instead of finishing.
  if (last.kind === 'end' || (last.kind === 'reset' && ending.how !== 'clean')) return
  throw new Error(`wanted the end of TCP after the close frame, got ${showArrival(last)}`)
}

async function runHandshake(given: HandshakeCase, client: WireClient, target: Target): Promise<void> {
  const filled = given.request.map((line) =>
    line.replaceAll('{host}', target.host).replaceAll('{port}', String(target.port)).replaceAll('{path}', target.path),
  )
  const head = Buffer.from(`${filled.join('\r\n')}\r\n\r\n`, 'latin1')
  const bytes = given.early === null ? head : Buffer.concat([head, given.early])
  if (given.chunkBytes === null) client.write(bytes)
  else await client.writeChunks(bytes, given.chunkBytes)
  const answer = await client.answer()
  const { status, headers } = given.expect
  const right =
    status === 'refused'
      ? answer.status >= 400 && answer.status < 500
      : status === 101
        ? answer.status === 101
        : status.includes(answer.status)
  if (!right) throw new Error(`wanted status ${String(status)}, got ${answer.status}`)
  for (const [name, value] of Object.entries(headers)) {
    const got = answer.header(name)
    const same = value instanceof RegExp ? got !== null && value.test(got) : got === value
    if (!same) throw new Error(`wanted ${name}: ${String(value)}, got ${String(got)}`)
  }
  if (answer.status !== 101) return
  const keys = filled.filter((line) => /^sec-websocket-key:/i.test(line))
  const key = (keys[0] ?? '').slice('sec-websocket-key:'.length).trim()
  if (answer.header('sec-websocket-accept') !== acceptOf(key)) throw new Error('wrong Sec-WebSocket-Accept (4.2.2)')
  if (answer.header('upgrade')?.toLowerCase() !== 'websocket') throw new Error('no "Upgrade: websocket" (4.2.2)')
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(answer.header('connection') ?? '')) {
    throw new Error('no "Connection: Upgrade" (4.2.2)')
  }
  client.upgrade(offerOf(filled), answer)
  if (given.early === null) client.write(encode(text('after the handshake')))
  await runExpect([{ kind: 'text', payload: Buffer.from('after the handshake') }], client)
  await runEnding({ how: 'clean' }, client)
}

function offerOf(request: readonly string[]): string | null {
  const name = 'sec-websocket-extensions:'
  const values = request.filter((line) => line.toLowerCase().startsWith(name)).map((line) => line.slice(name.length))
  return values.length === 0 ? null : values.join(',')
}

function show(kind: string, payload: Buffer): string {
  const start = payload.length <= 24 ? JSON.stringify(payload.toString('latin1')) : `${payload.toString('hex', 0, 12)}…`
  return `${kind} of ${payload.length} bytes ${start}`
}

function showArrival(arrival: Arrival): string {
  if (arrival.kind === 'close') return `a close frame with ${arrival.code ?? 'no code'} "${arrival.reason}"`
  if (arrival.kind === 'end') return 'the end of TCP'
  if (arrival.kind === 'reset') return `a reset of TCP (${arrival.message})`
  if (arrival.kind === 'violation') return `a violation by the server: ${arrival.message}`
  return show(arrival.kind, arrival.payload)
}
