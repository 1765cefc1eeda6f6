/** The suite itself: nothing vanishes from it, its tables are right, and it finds servers that are wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constants, inflateRawSync } from 'node:zlib'
import { GROUPS } from './all-cases.ts'
import { CORRUPT } from './cases/deflate-broken.ts'
import { firstImpossible, SEQUENCES } from './cases/utf8-table.ts'
import type { WireCase } from './cases.ts'
import { DeflatePeer, readAgreement } from './deflate-peer.ts'
import { FrameChecker } from './frame-checker.ts'
import { binary, encode, frame, text } from './frames.ts'
import { runCases } from './runner.ts'
import { json, repeatBeyond } from './samples.ts'
import { type Fault, startWrongServer } from './wrong-server.ts'

const ALL: readonly WireCase[] = GROUPS.flatMap((group) => group.cases)

test('no case has vanished, and every id is there once', () => {
  for (const { name, atLeast, cases } of GROUPS)
    assert.ok(cases.length >= atLeast, `${name}: ${cases.length}, not ${atLeast}`)
  assert.ok(ALL.length >= 3400, `${ALL.length} cases`)
  const ids = new Set(ALL.map(({ id }) => id))
  assert.equal(ids.size, ALL.length)
  for (const { id, about, rfc } of ALL) {
    assert.match(id, /^[a-z0-9-]+(?:\.[a-zA-Z0-9-]+)+$/)
    assert.ok(about.length > 0 && rfc.length > 0, id)
    assert.ok(!about.includes('\n'), id)
  }
})

test('the UTF-8 table agrees with the decoder of the platform', () => {
  for (const { id, hex, valid } of SEQUENCES) {
    const bytes = Buffer.from(hex, 'hex')
    const decodes = (given: Uint8Array, stream: boolean): boolean => {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(given, { stream })
        return true
      } catch {
        return false
      }
    }
    assert.equal(decodes(bytes, false), valid, id)
    const impossible = firstImpossible(bytes)
    assert.equal(decodes(bytes, true), impossible < 0, id)
    if (impossible < 0) continue
    assert.ok(!decodes(bytes.subarray(0, impossible + 1), true), id)
    assert.ok(decodes(bytes.subarray(0, impossible), true), id)
  }
})

test('what the tables call corrupt does not inflate', () => {
  for (const [name, bytes] of Object.entries(CORRUPT)) {
    const whole = Buffer.concat([bytes, Buffer.from([0, 0, 0xff, 0xff])])
    assert.throws(() => inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }), { errno: -3 }, name)
  }
})

test('answers to deflate offers are judged by RFC 7692 section 7.1', () => {
  const wrong: readonly (readonly [string | null, string])[] = [
    [null, 'permessage-deflate'],
    ['permessage-deflate', 'permessage-bzip2'],
    ['permessage-deflate', 'permessage-deflate, permessage-deflate'],
    ['permessage-deflate', 'permessage-deflate; mystery'],
    ['permessage-deflate', 'permessage-deflate; client_max_window_bits=10'],
    ['permessage-deflate', 'permessage-deflate; server_max_window_bits=7'],
    ['permessage-deflate', 'permessage-deflate; server_no_context_takeover; server_no_context_takeover'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate; client_max_window_bits'],
    ['permessage-deflate; client_max_window_bits=9', 'permessage-deflate; client_max_window_bits=10'],
    ['permessage-deflate; server_max_window_bits=9', 'permessage-deflate'],
    ['permessage-deflate; server_max_window_bits=9', 'permessage-deflate; server_max_window_bits=10'],
    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate'],
  ]
  for (const [offer, answer] of wrong) assert.throws(() => readAgreement(offer, answer), `${offer} / ${answer}`)
  const offer = 'permessage-deflate; client_max_window_bits; server_max_window_bits=12'
  assert.deepEqual(readAgreement(offer, 'permessage-deflate; server_max_window_bits=11; client_max_window_bits=9'), {
    serverKeepsContext: true,
    clientKeepsContext: true,
    serverWindowBits: 11,
    clientWindowBits: 9,
  })
  assert.equal(readAgreement(offer, null), null)
})

test('the peer inflates with the agreed window and context, and no more', () => {
  const agreed = { serverKeepsContext: true, clientKeepsContext: true, serverWindowBits: 15, clientWindowBits: 15 }
  for (const bits of [9, 10, 11, 12, 13, 14]) {
    const far = repeatBeyond(bits)
    const wide = new DeflatePeer(agreed).compress(far)
    assert.deepEqual(new DeflatePeer(agreed).inflate(wide), far)
    assert.throws(() => new DeflatePeer({ ...agreed, serverWindowBits: bits }).inflate(wide), { code: 'Z_DATA_ERROR' })
  }
  const sender = new DeflatePeer(agreed)
  const [first, second] = [sender.compress(json(300)), sender.compress(json(300))]
  assert.ok(second.length < first.length / 4)
  const keeping = new DeflatePeer(agreed)
  assert.deepEqual([keeping.inflate(first), keeping.inflate(second)], [json(300), json(300)])
  const dropping = new DeflatePeer({ ...agreed, serverKeepsContext: false })
  dropping.inflate(first)
  assert.throws(() => dropping.inflate(second), { code: 'Z_DATA_ERROR' })
})

test('the frame checker takes nothing that a server may not send', () => {
  const unmasked = { maskKey: null }
  const wrong: readonly (readonly [string, Buffer])[] = [
    ['masked', encode(text('a'))],
    ['RSV1', encode(text('a', { ...unmasked, rsv: 0x40 }))],
    ['RSV2', encode(text('a', { ...unmasked, rsv: 0x20 }))],
    ['16 bit', encode(text('a', { ...unmasked, lengthForm: '16 bit' }))],
    ['64 bit', encode(binary(Buffer.alloc(300), { ...unmasked, lengthForm: '64 bit' }))],
    ['opcode 3', encode(frame(3, '', unmasked))],
    ['opcode 11', encode(frame(11, '', unmasked))],
    ['lost continuation', encode(frame(0, 'a', unmasked))],
    ['text in text', Buffer.concat([encode(text('a', { ...unmasked, fin: false })), encode(text('b', unmasked))])],
    ['UTF-8', encode(text(Buffer.from([0xff]), unmasked))],
    ['ping of 126', encode(frame(9, Buffer.alloc(126), unmasked))],
    ['fragmented ping', encode(frame(9, '', { ...unmasked, fin: false }))],
    ['close 1005', encode(frame(8, Buffer.from([0x03, 0xed]), unmasked))],
    ['close of one byte', encode(frame(8, 'a', unmasked))],
    ['after close', Buffer.concat([encode(frame(8, '', unmasked)), encode(text('a', unmasked))])],
  ]
  for (const [name, bytes] of wrong)
    assert.throws(() => new FrameChecker(null).push(bytes), { name: 'ServerViolation' }, name)
  for (const size of [1, 2, 3, 1000]) {
    const checker = new FrameChecker(null)
    const bytes = Buffer.concat([encode(text('añb', unmasked)), encode(binary(Buffer.alloc(70_000, 7), unmasked))])
    const got: unknown[] = []
    for (let at = 0; at < bytes.length; at += size) got.push(...checker.push(bytes.subarray(at, at + size)))
    assert.deepEqual(got, [
      { kind: 'text', payload: Buffer.from('añb'), compressed: false },
      { kind: 'binary', payload: Buffer.alloc(70_000, 7), compressed: false },
    ])
    assert.equal(checker.halfway, false)
  }
})

/** A fault, and cases that must fail because of it; without the fault they all pass. */
const CONTROL: Readonly<Record<Exclude<Fault, 'none'>, readonly string[]>> = {
  'wrong accept key': ['handshake.accepted.rfc-example', 'frame.length.1.text'],
  'ignores reserved bits': [
    'reserved.rsv1.text',
    'reserved.rsv2.ping',
    'reserved.rsv123.close',
    'chunk.1.text-then-rsv',
  ],
  'ignores reserved opcodes': ['opcode.3.empty', 'opcode.15.payload', 'opcode.11.inside-fragments'],
  'ignores UTF-8': ['utf8.whole.surrogate.d800', 'utf8.fragments.continuation.80', 'utf8.cut-off.final-empty'],
  'takes unmasked frames': ['frame.unmasked.text', 'frame.unmasked.after-a-message'],
  'takes long lengths for short payloads': [
    'frame.not-minimal.5.16-bit.opcode-1',
    'frame.not-minimal.0.64-bit.opcode-2',
  ],
  'takes fragmented control frames': ['fragment.wrong.control.ping', 'fragment.wrong.control-empty.close'],
  'takes any close code': ['close.code-invalid.999', 'close.code-invalid.1005.reason'],
  'masks its frames': ['frame.length.1.text'],
  'writes long lengths': ['frame.length.1.text', 'frame.length.65535.binary'],
  'sets RSV1': ['frame.length.0.text', 'ping.empty'],
  'loses pongs': ['ping.empty', 'fragment.between.ping'],
  'answers the first ping only': ['ping.ten.one-chunk'],
  'loses continuations': ['fragment.count.2.text.apart', 'utf8.split.fragment.7'],
  'loses the last byte': ['frame.length.65536.binary', 'frame.length.1.text'],
  'sends text as binary': ['frame.length.1.text'],
  'echoes after close': ['close.then.text'],
  'sends close twice': ['close.code.1000', 'frame.length.1.text'],
  'leaves TCP open': ['close.code.1000', 'reserved.rsv1.text'],
  'ends TCP without close': ['close.code.1000', 'frame.length.1.text'],
  'closes with 1006': ['close.code.1000', 'frame.length.1.text'],
  'resets on a violation': ['reserved.rsv1.text', 'utf8.whole.surrogate.d800'],
}

async function run(fault: Fault, ids: readonly string[], deadlineMs: number): Promise<readonly string[]> {
  const server = await startWrongServer(fault)
  try {
    const cases = ALL.filter(({ id }) => ids.includes(id))
    assert.equal(cases.length, new Set(ids).size, `ids that are no cases among ${ids.join(' ')}`)
    const targets = { plain: server.target }
    const results = await runCases(cases, { targets, deadlineMs, parallel: 8, ownServer: true, failuresMax: 1000 })
    assert.equal(results.passed + results.failures.length, cases.length)
    return results.failures.map(({ id }) => id)
  } finally {
    await server.close()
  }
}

test('a server that keeps the rules passes the control cases', async () => {
  assert.deepEqual(await run('none', Object.values(CONTROL).flat(), 20_000), [])
})

for (const [fault, ids] of Object.entries(CONTROL)) {
  test(`a server that is wrong fails: ${fault}`, async () => {
    assert.deepEqual(await run(fault as Fault, ids, 500), [...ids].sort())
  })
}
