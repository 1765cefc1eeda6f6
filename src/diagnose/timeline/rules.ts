/**
 * Which rule it is that a peer broke, by the reason of its violation (protocol/): its section, or the limit of ours.
 * The same as the table of docs/LIFECYCLE.md; a test compares the two. Pure; nothing to end.
 */

export interface BrokenRule {
  /** Where it stands, such as `RFC 6455 section 5.1`; null for what is a limit of ours. */
  readonly section: string | null
  /** The option that says how much may be; null where there is none. */
  readonly limit: string | null
}

const of6455 = (section: string): BrokenRule => ({ section: `RFC 6455 section ${section}`, limit: null })
const of7692 = (section: string): BrokenRule => ({ section: `RFC 7692 section ${section}`, limit: null })
const ours = (limit: string | null): BrokenRule => ({ section: null, limit })

export const RULES: Readonly<Record<string, BrokenRule>> = {
  'reserved bits without a negotiated extension': {
    section: 'RFC 6455 section 5.2, RFC 7692 section 6',
    limit: null,
  },
  'reserved opcode': of6455('5.2'),
  'frame from a client is not masked': of6455('5.1'),
  'fragmented control frame': of6455('5.5'),
  'control frame over 125 bytes': of6455('5.5'),
  'continuation frame without a message': of6455('5.4'),
  'new message before the last one ended': of6455('5.4'),
  'payload length not in its shortest form': of6455('5.2'),
  'payload length with its highest bit set': of6455('5.2'),
  'close payload of one byte': of6455('5.5.1'),
  'close code not allowed on the wire': of6455('7.4'),
  'close reason is not UTF-8': of6455('5.5.1'),
  'text is not UTF-8': of6455('8.1'),
  'compressed message is not valid DEFLATE data': of7692('7.2.2'),
  'compressed message is cut off': of7692('7.2.2'),
  'message of more than fragmentsMax frames': ours('fragmentsMax'),
  'more control frames per second than allowed': ours('controlFramesPerSecondMax'),
  'more than 1024 final DEFLATE blocks in a message': ours(null),
  'message could not be inflated': ours(null),
  'message over messageBytesMax': ours('messageBytesMax'),
  'message inflates to more than messageBytesMax bytes': ours('messageBytesMax'),
}

const NOBODYS = ours(null)

/** @param reason of a violation, which may have a number in it */
export function ruleOf(reason: string): BrokenRule {
  const known = RULES[reason.replace(/^(message inflates to more than )\d+( bytes)/, '$1messageBytesMax$2')]
  return known ?? NOBODYS
}
