/**
 * An answer of the admin port: a value that a handler returns, or throws to get out of any depth.
 *
 * Plain data, but for an answer of many lines: what it iterates over is asked for one value at a time and told to end when
 * the last has been sent or the client has left.
 */

export type AnswerBody = string | Uint8Array | AsyncIterable<unknown>

export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>

/** Made by `answer.json` and its siblings. */
export class AdminAnswer {
  readonly status: number
  /** Its Content-Type. */
  readonly type: string
  readonly body: AnswerBody
  readonly headers: AnswerHeaders

  constructor(status: number, type: string, body: AnswerBody, headers: AnswerHeaders = {}) {
    this.status = status
    this.type = type
    this.body = body
    this.headers = headers
  }
}

const TEXT = 'text/plain; charset=utf-8'

/** Ways to answer. */
export const answer = {
  json: (value: unknown, status = 200): AdminAnswer =>
    new AdminAnswer(status, 'application/json', `${JSON.stringify(value, null, 2)}\n`),

  /** One line, or several; a line feed is put behind it. */
  text: (line: string, status = 200, headers: AnswerHeaders = {}): AdminAnswer =>
    new AdminAnswer(status, TEXT, `${line}\n`, headers),

  bytes: (body: Uint8Array, type: string, status = 200): AdminAnswer => new AdminAnswer(status, type, body),

  /**
   * JSON values, one in a line (NDJSON), as they come. Where nothing comes for a while there are empty lines, so that a client
   * that has gone is noticed. A value that cannot be had becomes a last line `{"error":{"message":…}}`.
   */
  lines: (values: AsyncIterable<unknown>): AdminAnswer => new AdminAnswer(200, 'application/x-ndjson', values),
} as const
