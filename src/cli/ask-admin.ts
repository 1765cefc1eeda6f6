/**
 * One question to an admin port. Each call is one request on a connection of its own, which ends with the answer; a port that
 * says nothing for too long is given up.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { messageOf } from '../base/errors.ts'
import { CHANGE_HEADER } from '../ops/admin-guard.ts'
import type { AdminPlace } from './admin-flags.ts'

/** It could not be asked, or did not answer as it should. */
export class AskError extends Error {
  override readonly name = 'AskError'
}

/** An answer of many lines says something at least every 15 seconds. */
const SILENCE_MS = 60_000

export interface Question {
  readonly place: AdminPlace
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token: string | undefined
  /** Goes as JSON. */
  readonly body?: object
}

/**
 * The lines of the answer, as they come; each is JSON.
 *
 * @throws AskError nobody is there, the answer is no 200, or it breaks off
 */
export async function* askLines(question: Question): AsyncGenerator<Readonly<Record<string, unknown>>> {
  let rest = ''
  for await (const chunk of await ask(question)) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line)
  }
}

/** The answer as JSON. @throws AskError */
export async function askOnce(question: Question): Promise<Readonly<Record<string, unknown>>> {
  let text = ''
  for await (const chunk of await ask(question)) text += String(chunk)
  return JSON.parse(text)
}

async function ask({ place, method, path, token, body }: Question): Promise<IncomingMessage> {
  const { host, port } = place
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const headers = {
    ...(method === 'POST' && { [CHANGE_HEADER]: '1' }),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  }
  const asked = httpRequest({ host, port, method, path, headers, agent: false, timeout: SILENCE_MS })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.on('response', resolve)
    asked.on('error', (error) => reject(new AskError(`the admin port ${where} does not answer: ${messageOf(error)}`)))
    asked.on('timeout', () => asked.destroy(new Error(`nothing for ${SILENCE_MS / 1_000} s`)))
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
  response.setEncoding('utf8')
  if (response.statusCode === 200) return response
  let text = ''
  for await (const chunk of response) text += String(chunk)
  const hint = response.statusCode === 401 ? ' (set HOLDFAST_ADMIN_TOKEN)' : ''
  throw new AskError(`${where} answers ${response.statusCode}: ${text.trim()}${hint}`)
}
