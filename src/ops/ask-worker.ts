/**
 * One question to a worker, over its Unix socket: a request that ends with the whole answer, or when whoever asked has left. A function;
 * what it opens ends with its promise.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { AdminAnswer } from './admin-answer.ts'
import { CHANGE_HEADER, CHANGE_VALUE } from './admin-guard.ts'
import type { AdminMethod } from './admin-routes.ts'

export interface Question {
  readonly method: AdminMethod
  /** With its query. */
  readonly target: string
  readonly body: string
  readonly signal: AbortSignal
  /** By a link from a page of elsewhere: what costs much is refused. Default false. */
  readonly fromElsewhere?: boolean
}

/** As a browser says it. */
const LINK = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
/** An answer is passed on when it is whole. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024

/** @throws Error when the worker does not answer, or says too much */
export async function askWorker(
  socketPath: string,
  { method, target, body, signal, fromElsewhere = false }: Question,
): Promise<AdminAnswer & { readonly body: Buffer }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      Host: 'localhost',
      // Whoever asks for a change has been checked by the port of the supervisor; what costs the worker knows.
      ...(method === 'POST' && { [CHANGE_HEADER]: CHANGE_VALUE }),
      ...(fromElsewhere && LINK),
    }
    httpRequest({ socketPath, method, path: target, headers, signal, agent: false })
      .on('response', resolve)
      .on('error', reject)
      .end(body)
  })
  const whole = await bodyOf(response)
  const given = new AdminAnswer(response.statusCode ?? 502, response.headers['content-type'] ?? 'text/plain', whole)
  return given as AdminAnswer & { readonly body: Buffer }
}

async function bodyOf(response: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`its answer is longer than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
