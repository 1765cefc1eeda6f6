/**
 * One question to an admin port. Each call is one request on a connection of its own, which ends with the answer; a port that
 * says nothing for too long is given up.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type ClockTimer, systemClock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { printableLine } from '../base/printable.ts'
import { CHANGE_HEADER } from '../ops/admin-guard.ts'
import type { AdminPlace } from './admin-flags.ts'

/** It could not be asked, or did not answer as it should. In one line that a terminal may have: what answers may be anybody. */
export class AskError extends Error {
  override readonly name = 'AskError'

  constructor(message: string) {
    super(printableLine(message))
  }
}

/** An answer of many lines says something at least every 15 seconds. */
const SILENCE_MS = 60_000
/** Of an answer, or of one line of many. */
const CHARACTERS_MAX = 64 * 1024 * 1024
const REFUSAL_CHARACTERS_MAX = 2_000

export interface Question {
  readonly place: AdminPlace
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token: string | undefined
  /** So long it may say nothing; default: a minute. */
  readonly silenceMs?: number
  /** What to do where the port is ours and knows no such path. */
  readonly unknown?: string
  /** Goes as JSON. */
  readonly body?: object
  /** Ends it, with its reason. */
  readonly signal?: AbortSignal
}

/**
 * The lines of the answer, as they come; each is JSON.
 *
 * @throws AskError nobody is there, the answer is no 200, or it breaks off
 */
export async function* askLines(question: Question): AsyncGenerator<Readonly<Record<string, unknown>>> {
  let rest = ''
  for await (const text of ask(question)) {
    const lines = (rest + text).split('\n')
    rest = requireShort(lines.pop() ?? '')
    for (const line of lines) if (line !== '') yield parsed(line)
  }
}

/** The answer as JSON. @throws AskError */
export async function askOnce(question: Question): Promise<Readonly<Record<string, unknown>>> {
  let whole = ''
  for await (const text of ask(question)) whole = requireShort(whole + text)
  return parsed(whole)
}

const OTHER_SERVER = 'for another server give its process id: holdfast doctor PID'

function parsed(text: string): Readonly<Record<string, unknown>> {
  const value = read(text)
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  throw new AskError(`that is no admin port of Holdfast (it answered 200 and no JSON); ${OTHER_SERVER}`)
}

/** Undefined when it is no JSON. */
function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function requireShort(text: string): string {
  if (text.length <= CHARACTERS_MAX) return text
  throw new AskError(`that is no admin port of Holdfast (its answer is longer than ${CHARACTERS_MAX} characters)`)
}

async function* ask(question: Question): AsyncGenerator<string> {
  const { host, port } = question.place
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const { silenceMs = SILENCE_MS } = question
  const silence = new AbortController()
  let timer = after(silence, silenceMs)
  try {
    const response = await send(
      question,
      AbortSignal.any([silence.signal, ...(question.signal === undefined ? [] : [question.signal])]),
    )
    requireOurs(response)
    let refusal = ''
    for await (const chunk of response) {
      timer.cancel()
      timer = after(silence, silenceMs)
      if (response.statusCode === 200) yield String(chunk)
      else refusal = (refusal + String(chunk)).slice(0, REFUSAL_CHARACTERS_MAX)
    }
    if (response.statusCode === 200) return
    const unknown = question.unknown === undefined ? '' : `; ${question.unknown}`
    const hint = { 401: ' (set HOLDFAST_ADMIN_TOKEN)', 404: unknown }[String(response.statusCode)] ?? ''
    throw new AskError(`the admin port ${where} answers ${response.statusCode}: ${refusal.trim()}${hint}`)
  } catch (thrown) {
    question.signal?.throwIfAborted()
    if (thrown instanceof AskError) throw thrown
    const problem = silence.signal.aborted ? `nothing came for ${silenceMs / 1_000} s` : messageOf(thrown)
    throw new AskError(`the admin port ${where} does not answer: ${problem}`)
  } finally {
    timer.cancel()
  }
}

/** Another server answers with a page, or knows the path not and says so without our headers. @throws AskError */
function requireOurs({ statusCode, headers }: IncomingMessage): void {
  const isPage = /^text\/html\b/i.test(headers['content-type'] ?? '')
  if (!isPage && (statusCode !== 404 || headers['x-content-type-options'] === 'nosniff')) return
  const answered = `${statusCode}${isPage ? ' and HTML' : ''}`
  throw new AskError(`that is no admin port of Holdfast (it answered ${answered}); ${OTHER_SERVER}`)
}

function after(silence: AbortController, silenceMs: number): ClockTimer {
  return systemClock.after(silenceMs, () => silence.abort())
}

function send({ place, method, path, token, body }: Question, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = {
    ...(method === 'POST' && { [CHANGE_HEADER]: '1' }),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  }
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ ...place, method, path, headers, signal, agent: false })
    asked.on('response', (response) => resolve(response.setEncoding('utf8')))
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
