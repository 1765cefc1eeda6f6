/** Why a connection ended, in words: every ending there is, and the rules of the wire as docs/LIFECYCLE.md has them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Life } from '../../../src/connection/life.ts'
import { type Kind, note, type Timeline } from '../../../src/connection/timeline.ts'
import { diagnose } from '../../../src/diagnose/timeline/diagnosis.ts'
import { RULES, ruleOf } from '../../../src/diagnose/timeline/rules.ts'
import {
  drainEnding,
  ENDINGS,
  type Ending,
  networkEnding,
  peerEnding,
  serverEnding,
} from '../../../src/protocol/ending.ts'
import { LIFECYCLE } from '../../docs/lifecycle-table.ts'

type Noted = readonly [kind: Kind, detail?: string]

function timelineOf(noted: readonly Noted[]): Timeline | null {
  const life = { timeline: null, connection: { openedAt: 0 }, context: { wallNow: () => 5 } } as unknown as Life
  for (const [kind, detail] of noted) note(life, kind as 'dropped', detail as 'end')
  return life.timeline
}

function words(ending: Ending | null, noted: readonly Noted[] = [], state: 'closed' | 'closing' | 'moved' = 'closed') {
  const by: Noted[] = ending === null ? [] : [['ending', ending.by]]
  const diagnosis = diagnose({ state, ending, quietMs: 45_000, timeline: timelineOf([...noted, ...by]) })
  return diagnosis === null ? null : `${diagnosis.cause}: ${diagnosis.text}`
}

const clean = (ending: Ending): Ending => ({ ...ending, clean: true })

test('the peer', () => {
  assert.equal(words(clean(peerEnding(1001, 'bye'))), 'peer closed: the client closed with 1001 (going away)')
  assert.equal(words(clean(peerEnding(1005, ''))), 'peer closed: the client closed without a code')
  assert.equal(
    words(peerEnding(4001, 'bob')),
    'peer closed: the client closed with 4001, and was gone before our answer',
  )
  assert.equal(words(peerEnding(1000, ''), [], 'closing'), 'peer closed: the client closed with 1000 (normal)')
})

test('the network', () => {
  assert.equal(
    words(networkEnding('the socket failed: ECONNRESET')),
    'peer reset: the client, or something between, reset the connection (ECONNRESET)',
  )
  assert.equal(words(networkEnding('the socket failed: EIO')), 'socket failed: the socket failed (EIO)')
  assert.equal(
    words(networkEnding('the socket failed: ETIMEDOUT')),
    'no pong: half-open: the kernel gave the client up (ETIMEDOUT), 45.0 s after anything was heard',
  )
  // What is no code of a system call is not repeated.
  assert.equal(
    words(networkEnding('the socket failed: read 10.1.2.3')),
    'socket failed: the socket closed without a close frame',
  )
  assert.equal(
    words(ENDINGS.peerVanished),
    'no pong: half-open: nothing was heard for 45.0 s, neither a pong nor an answer to our close frame',
  )
  assert.match(words(ENDINGS.peerGone)!, /^peer hung up: .* \(FIN\)/)
  assert.match(words(ENDINGS.socketClosed)!, /^socket failed: /)
})

test('our limits, by the name of the option', () => {
  for (const [name, option] of [
    ['slowReader', 'outboxBytesMax'],
    ['messageTimeout', 'messageTimeoutMs'],
    ['messagesPerSecondMax', 'messagesPerSecondMax'],
    ['receivedBytesPerSecondMax', 'receivedBytesPerSecondMax'],
    ['inboxFull', 'inboxBytesMax'],
    ['outboxBudget', 'outboxTotalBytesMax'],
  ] as const) {
    assert.ok(words(ENDINGS[name])?.startsWith(`limit: our limit ${option}: `), name)
  }
})

test('handlers: which one', () => {
  assert.equal(
    words(ENDINGS.handlerFailed, [
      ['handler failed', 'drain'],
      ['handler failed', 'message'],
    ]),
    'handler failed: its handler message threw',
  )
  assert.equal(
    words(ENDINGS.handlerOverdue, [['handler overdue', 'open']]),
    'handler overdue: its handler open did not finish within handlerTimeoutMs',
  )
})

test('the application and the server', () => {
  assert.equal(
    words(clean(serverEnding(4001, 'user bob is banned')), [['end called', 'end']]),
    'application: the application ended it with 4001',
  )
  // Words of the library in the mouth of the application.
  assert.match(words(serverEnding(1001, ENDINGS.serverClosed.reason), [['end called', 'end']])!, /^application: /)
  assert.equal(words(ENDINGS.killed, [['end called', 'kill']]), 'killed: the application called connection.kill()')
  assert.equal(words(ENDINGS.serverClosed), 'server closed: the server was closed')
  assert.equal(
    words(drainEnding(1834), [['draining', 'server']]),
    'drained: drained, for a reload or a deploy: the client was told to come back',
  )
  assert.match(words(drainEnding(1834), [['handler overdue', 'message']])!, /its handler message was overdue$/)
  assert.match(words(clean(ENDINGS.idle))!, /^idle: .*answered our close frame/)
  assert.match(words(ENDINGS.idle, [], 'closing')!, /^idle: .*not answered yet/)
})

test('a move is no end', () => {
  assert.match(words(null, [['moved away', 'answered']], 'moved')!, /^moved: another process has it/)
  assert.match(words(null, [['moved away', 'unanswered']], 'moved')!, /^moved: .*did not say/)
  assert.equal(words(null), null)
})

test('every ending of the library has words of its own', () => {
  const texts = Object.values(ENDINGS).map((ending) => words(ending, ending === ENDINGS.killed ? [['end called']] : []))
  assert.ok(texts.every((text) => text !== null && !text.startsWith('application')))
  assert.equal(new Set(texts).size, texts.length)
})

test('the rules are those of docs/LIFECYCLE.md', () => {
  const rows = rowsOfTheWire()
  assert.deepEqual(Object.keys(RULES).sort(), [...rows.keys()].sort())
  for (const [reason, rule] of rows) {
    const { section, limit } = ruleOf(reason)
    if (rule.startsWith('RFC')) assert.equal(section, rule.split(';')[0], reason)
    else {
      assert.equal(section, null, reason)
      if (limit !== null) assert.ok(`${reason} ${rule}`.includes(limit), reason)
    }
  }
})

test('a rule that was broken, with its section or the limit', () => {
  const violated = (code: 1002 | 1009, reason: string) => words(serverEnding(code, reason), [['protocol violation']])
  assert.equal(
    violated(1002, 'frame from a client is not masked'),
    'protocol error: the client broke a rule: frame from a client is not masked (RFC 6455 section 5.1)',
  )
  assert.equal(
    violated(1009, 'message inflates to more than 1048576 bytes'),
    'limit: our limit messageBytesMax: message inflates to more than 1048576 bytes, so 1009 (message too big)',
  )
})

/** Reasons with their rules. The table has the code, which repeats, in front of them. */
function rowsOfTheWire(): Map<string, string> {
  const section = LIFECYCLE.split('\n## The rules of the wire\n')[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => /^\| 1\d{3} \|/.test(line))
  return new Map(
    rows.map((row) => {
      const [, reason = '', rule = ''] = row.slice(2, -2).replaceAll('`', '').split(' | ')
      return [reason, rule]
    }),
  )
}
