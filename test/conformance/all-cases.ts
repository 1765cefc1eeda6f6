/**
 * All tables of the suite in one list, by group. Pure; owned by whoever runs it; nothing to end.
 */

import { chunkCases } from './cases/chunks.ts'
import { closingCases } from './cases/closing.ts'
import { controlCases } from './cases/control.ts'
import { brokenCases } from './cases/deflate-broken.ts'
import { compressionCases } from './cases/deflate-messages.ts'
import { malformedOfferCases, negotiationCases } from './cases/deflate-negotiation.ts'
import { fragmentCases } from './cases/fragments.ts'
import { framingCases } from './cases/framing.ts'
import { handshakeCases } from './cases/handshake.ts'
import { largeCases } from './cases/large.ts'
import { limitCases } from './cases/limits.ts'
import { utf8Cases } from './cases/utf8.ts'
import type { WireCase } from './cases.ts'

/** How many cases each group must have at least: a table that loses rows is found out. */
export interface Group {
  readonly name: string
  readonly atLeast: number
  readonly cases: readonly WireCase[]
}

export const GROUPS: readonly Group[] = [
  { name: 'handshake', atLeast: 82, cases: handshakeCases },
  { name: 'framing', atLeast: 150, cases: framingCases },
  { name: 'fragments', atLeast: 103, cases: fragmentCases },
  { name: 'control frames, reserved bits and opcodes', atLeast: 246, cases: controlCases },
  { name: 'closing', atLeast: 138, cases: closingCases },
  { name: 'UTF-8', atLeast: 1328, cases: utf8Cases },
  { name: 'chunks', atLeast: 178, cases: chunkCases },
  { name: 'limits', atLeast: 19, cases: limitCases },
  { name: 'large messages', atLeast: 56, cases: largeCases },
  { name: 'deflate: negotiation', atLeast: 870, cases: [...negotiationCases, ...malformedOfferCases] },
  { name: 'deflate: messages', atLeast: 261, cases: [...compressionCases, ...brokenCases] },
]
