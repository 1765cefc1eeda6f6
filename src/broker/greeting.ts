/**
 * The first frame on a link: who is there, and which language they speak. Pure.
 *
 * What comes may be anything, so reading it gives a value or says what is wrong.
 */
import type { Peer } from './links.ts'

/** Raised when frames of a channel below 16 change their meaning. Workers with another one do not talk to each other. */
export const LINK_VERSION = 1
/** More than a greeting needs. */
export const GREETING_BYTES_MAX = 1024
const NAME_LENGTH_MAX = 100

export function encodeGreeting({ name, pid, nonce }: Peer): Buffer {
  return Buffer.from(JSON.stringify({ holdfast: LINK_VERSION, name, pid, nonce }))
}

/** Who greets, or in words what is wrong with it. */
export function readGreeting(payload: Buffer): Peer | string {
  let greeting: unknown
  try {
    greeting = JSON.parse(payload.toString())
  } catch {
    return 'a greeting that is not JSON'
  }
  if (typeof greeting !== 'object' || greeting === null) return 'a greeting that is not an object'
  const { holdfast, name, pid, nonce } = greeting as Record<string, unknown>
  if (holdfast !== LINK_VERSION) return `a greeting of version ${String(holdfast).slice(0, 20)}, not ${LINK_VERSION}`
  if (!isName(name) || !isName(nonce)) return 'a greeting without name or nonce'
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return 'a greeting without a pid'
  return { name, pid, nonce }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= NAME_LENGTH_MAX
}
