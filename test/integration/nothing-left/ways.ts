/**
 * All the ways in which a connection, or an upgrade request, comes to its end. Each is what a peer sends and does; the routes in
 * server.ts do the rest by the name of the way. Pure data and functions over one peer; nothing to end.
 */

import { type RawPeer, upgradeRequest } from '../../fuzz/raw-peer.ts'
import { clientFrame } from '../../support/wire.ts'

export interface Way {
  readonly name: string
  /** What is written first. */
  readonly request: string
  /** What becomes of the upgrade request: a connection with this close code, a refusal, or a failure before the answer. */
  readonly outcome: { readonly code: number } | { readonly status: number } | 'failed' | 'no request'
  /** Called when the answer was 101. */
  opened?(peer: RawPeer): void
  /** Called at once, without waiting for an answer. */
  sent?(peer: RawPeer): void
  /** The server's await has been reached in which the peer is to vanish. */
  reached?(peer: RawPeer): void
  /** Does not answer a close frame. */
  readonly silent?: true
  /** Never reads. */
  readonly deaf?: true
  /** Behind what it sends nothing can be read any more, not even that it answers a close frame. */
  readonly garbled?: true
}

export const STAGES = [
  'before first',
  'in first',
  'between',
  'in second',
  'in upgrade',
  'after second',
  'after first',
] as const
export type Stage = (typeof STAGES)[number]

const leaves = { fin: (peer: RawPeer) => peer.fin(), reset: (peer: RawPeer) => peer.reset() }
const say = (text: string) => (peer: RawPeer) => peer.frame(1, text)
const at = (way: string, headers: readonly string[] = []): string => upgradeRequest(`/${way}`, headers)

/** A way with a connection that ends with `code`. */
function connection(name: string, code: number, opened: Way['opened'], more: Partial<Way> = {}): Way {
  return { name, request: at(name), outcome: { code }, ...(opened && { opened }), ...more }
}

function refused(name: string, status: number, request: string = at(name)): Way {
  return { name, request, outcome: { status } }
}

const CONNECTIONS: readonly Way[] = [
  connection('peer-close', 1000, (peer) => peer.close(1000, 'bye')),
  connection('peer-close-in-message', 1001, (peer) => {
    peer.write(clientFrame({ opcode: 1, payload: 'half', fin: false }))
    peer.close(1001)
  }),
  connection('peer-close-then-fin', 4000, (peer) => {
    peer.close(4000)
    peer.fin()
  }),
  connection('we-end', 1000, say('end')),
  connection('we-end-in-open', 3000, undefined),
  connection('we-kill', 1006, say('kill')),
  connection('we-kill-in-open', 1006, undefined),
  connection('silent-after-end', 1000, say('end'), { silent: true }),
  connection('silent-then-fin', 1000, (peer) => {
    peer.frame(1, 'end')
    peer.onFrame = ({ opcode }) => opcode === 8 && peer.fin()
  }),
  connection('idle', 1006, undefined, { silent: true }),
  connection('fin', 1006, leaves.fin),
  connection('reset', 1006, leaves.reset),
  connection('reset-behind-message', 1006, (peer) => {
    peer.frame(1, 'echo')
    peer.reset()
  }),
  connection('handler-throws', 1011, say('throw')),
  connection('handler-rejects', 1011, say('reject')),
  connection('handler-runs-peer-resets', 1006, (peer) => {
    peer.frame(1, 'wait for the signal')
    setTimeout(leaves.reset, 5, peer)
  }),
  connection('handler-runs-peer-closes', 1000, (peer) => {
    peer.frame(1, 'wait a little')
    peer.close(1000)
  }),
  connection('handler-runs-fin', 1006, (peer) => {
    for (let count = 0; count < 5; count += 1) peer.frame(1, 'wait for the signal')
    peer.fin()
  }),
  connection('handler-overdue', 1011, say('wait for the connection to end')),
  connection('handler-obeys-deadline', 1001, say('wait for the signal')),
  connection('open-throws', 1011, undefined),
  connection('open-waits-peer-resets', 1006, leaves.reset),
  connection('close-throws', 1000, (peer) => peer.close(1000)),
  connection('close-waits', 1000, (peer) => peer.close(1000)),
  connection('violation', 1002, (peer) => peer.write(Buffer.from([0x81, 0x01, 0x61])), { garbled: true }),
  connection('bad-utf8', 1007, (peer) => peer.frame(1, Buffer.from([0xff]))),
  connection('too-big', 1009, (peer) => peer.write(Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])), {
    garbled: true,
  }),
  connection('unfinished', 1008, (peer) => peer.write(Buffer.from([0x82, 0xfe, 1, 0, 0, 0, 0, 0, 1, 2, 3])), {
    garbled: true,
  }),
  connection('slow-reader', 1008, say('flood'), { deaf: true, silent: true }),
  connection('async-upgrade', 1000, (peer) => peer.close(1000)),
  connection('early-data', 1000, undefined, {
    sent: (peer) => {
      peer.frame(1, 'echo')
      peer.close(1000)
    },
  }),
]

const REFUSALS: readonly Way[] = [
  refused('bad-handshake', 426, upgradeRequest('/we-end').replace('Version: 13', 'Version: 8')),
  refused('bad-key', 400, upgradeRequest('/we-end').replace('dGhl', '')),
  refused('bad-origin', 403, upgradeRequest('/we-end', ['Origin: http://elsewhere.example'])),
  refused('bad-path', 404, upgradeRequest('/no/such/path')),
  refused('bad-protocol', 400, upgradeRequest('/protocols', ['Sec-WebSocket-Protocol: x'])),
  refused('middleware-rejects', 429),
  refused('second-middleware-rejects', 403),
  refused('upgrade-rejects', 401),
  refused('upgrade-rejects-later', 401),
  refused('upgrade-throws', 500),
  refused('upgrade-throws-later', 500),
  { ...refused('refused-peer-silent', 401), request: at('upgrade-rejects'), silent: true, deaf: true },
  { name: 'upgrade-hangs', request: at('upgrade-hangs'), outcome: 'failed' },
  { name: 'gone-at-once', request: at('async-upgrade'), outcome: 'no request', sent: leaves.reset },
  {
    name: 'half-a-request',
    request: 'GET /we-end HTTP/1.1\r\nHost: x\r\nUpg',
    outcome: 'no request',
    sent: leaves.fin,
  },
  {
    name: 'half-a-request-reset',
    request: 'GET /we-end HTTP/1.1\r\nHost: x\r\nUpg',
    outcome: 'no request',
    sent: leaves.reset,
  },
]

/** The peer vanishes, with FIN or with RST, in each await of the upgrade; the upgrade then goes on, or gives up. */
const VANISHED: readonly Way[] = STAGES.flatMap((stage) =>
  (['fin', 'reset'] as const).flatMap((how) =>
    (['goes-on', 'gives-up'] as const).map((then): Way => {
      const name = `vanish-${stage.replace(' ', '-')}-${how}-${then}`
      const request = at('vanish', [`X-Stage: ${stage}`, `X-Then: ${then}`])
      return { name, request, outcome: 'failed', reached: leaves[how] }
    }),
  ),
)

export const WAYS: readonly Way[] = [...CONNECTIONS, ...REFUSALS, ...VANISHED]
