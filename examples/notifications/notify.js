// POST /notify {"user": "ada", "text": "…"}: who may, how much, and what is wrong with it. Answers how many tabs got it.
import { createHash, timingSafeEqual } from 'node:crypto'
import { TEXT_LENGTH_MAX, USER } from './feed.js'

const BODY_BYTES_MAX = 4 * 1024

/**
 * The listener of POST /notify.
 * @param {string} token whoever has it may notify anybody
 * @param {(user: string, text: string) => number} notify
 */
export function notifyListener(token, notify) {
  return async (request, response) => {
    const answer = await answerTo(request)
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    response.end(`${JSON.stringify(answer.body)}\n`)
  }

  async function answerTo(request) {
    if (request.method !== 'POST') return refusal(405, 'POST is wanted', { allow: 'POST' })
    if (!isToken(request.headers.authorization)) {
      return refusal(401, 'the token is wanted: Authorization: Bearer …', { 'www-authenticate': 'Bearer' })
    }
    const body = await readBody(request)
    if (body === null) return refusal(413, `at most ${BODY_BYTES_MAX} bytes are wanted`)
    const wanted = parse(body)
    if (wanted === null) {
      return refusal(400, `{"user": "…", "text": "…"} is wanted, the text with at most ${TEXT_LENGTH_MAX} characters`)
    }
    return { status: 200, body: { tabs: notify(wanted.user, wanted.text) } }
  }

  /** Takes as long for a wrong token as for a right one. */
  function isToken(header) {
    return timingSafeEqual(digestOf(header ?? ''), digestOf(`Bearer ${token}`))
  }
}

/** The body as text; null when it is too long: then the rest is read and dropped. How long it may take is requestTimeout. */
async function readBody(request) {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
  }
  return bytes > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString()
}

function parse(body) {
  try {
    const { user, text } = JSON.parse(body)
    const isRight = USER.test(user) && typeof text === 'string' && text.trim() !== '' && text.length <= TEXT_LENGTH_MAX
    return isRight ? { user, text: text.trim() } : null
  } catch {
    return null
  }
}

function refusal(status, error, headers = {}) {
  return { status, body: { error }, headers }
}

function digestOf(text) {
  return createHash('sha256').update(text).digest()
}
