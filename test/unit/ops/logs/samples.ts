/** A payload of every event there is, so that each becomes a line. The compiler knows when one is missing. */

import { HoldfastError } from '../../../../src/base/errors.ts'
import type { BrokerEvents } from '../../../../src/broker/broker-events.ts'
import type { Connection } from '../../../../src/connection/connection.ts'
import type { ConnectionFacts } from '../../../../src/connection/facts.ts'
import { ENDINGS } from '../../../../src/protocol/ending.ts'
import type { RolloutEvents } from '../../../../src/rollout/rollout-events.ts'
import type { ServerEvents } from '../../../../src/server/event-names.ts'
import type { UpgradeRequest } from '../../../../src/server/upgrade-request.ts'

export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const connection = { id: 'nonce-1' } as Connection
const route = '/chat/:room'
const here = { connection, route }
const cause = new TypeError('no database')
const error = new HoldfastError('HF_HANDLER_FAILED', { handler: 'message', route, message: cause.message }, { cause })
const counts = { total: 3, finished: 1, forced: 1, moved: 1, gone: 0 }

export const FACTS: ConnectionFacts = {
  ...{ id: connection.id, route, state: 'closed', openedAt: 1_700_000_000_000, ageMs: 1_234, quietMs: 3 },
  ...{
    messagesReceived: 5,
    messagesSent: 6,
    bufferedBytes: 0,
    waitingMessages: 0,
    readingPaused: false,
    running: null,
  },
  ...{ ending: { ...ENDINGS.slowReader, clean: true }, traceparent: TRACEPARENT, timeline: null },
}

export const SERVER_SAMPLES: { readonly [Name in Exclude<keyof ServerEvents, 'close' | 'moved'>]: ServerEvents[Name] } =
  {
    open: here,
    adopted: here,
    violation: { ...here, violation: { code: 1002, reason: 'reserved opcode' } },
    drop: { ...here, reason: 'drop-oldest', bytes: 100, messages: 1 },
    discard: { ...here, messages: 2 },
    overdue: { ...here, error: new HoldfastError('HF_HANDLER_OVERDUE', { handler: 'message', route, ms: 30_000 }) },
    error: { ...here, error },
    refused: { path: '/chat/secret', status: 403, reason: 'origin https://secret.example', kind: 'origin' },
    failed: { path: '/chat/secret', reason: 'the peer left', kind: 'peer left' },
    revoked: { request: {} as UpgradeRequest, route },
    expected: { object: {}, name: 'session', atMost: 3 },
    limit: { limit: 'connectionsMax', mode: 'refuse', path: '/chat/secret', address: '192.0.2.1' },
    drain: {
      total: 3,
      report: { ...counts, durationMs: 1_234.5, byRoute: { [route]: counts }, slowest: [], forcedBy: [] } as never,
    },
    leak: {
      ...{ kind: 'connection', route, count: 7, oldestMs: 60_000, because: 'grows' },
      sentence: '7 connections of /chat/:room are over and still reachable',
    },
    notReady: { reasons: ['over limit: who comes next is refused: connectionsMax', 'condition: settings\nmore'] },
    ready: { notReadyMs: 2_000.3 },
    stall: { stalledMs: 1_500.7 },
    reclaim: {
      ...{ done: false, pauseMs: 0, estimateMs: 71.5, rssBeforeBytes: 1e8, rssAfterBytes: 9e7 },
      ...{ heapTotalBeforeBytes: 5e7, heapTotalAfterBytes: 4e7 },
    },
  }

const who = { slot: 1, pid: 4_711, generation: 2 }

export const ROLLOUT_SAMPLES: RolloutEvents = {
  portBusy: { port: 8_080, withinMs: 60_000 },
  bound: { address: '::', port: 8_080, passed: false },
  started: { workers: 2, address: '::', port: 8_080 },
  worker: { ...who, state: 'gone', reason: 'it ended with code 1\nand more' },
  figures: { slot: 1, pid: 4_711, connections: 12 },
  gone: { name: 'w000000001', slot: 1, counted: null },
  crash: { ...who, reason: 'Error: no database\n    at main (/app.js:1:1)', restartMs: 250 },
  crashLoop: { slot: 1, generation: 2, reason: 'Error: no database', fallback: null },
  progress: { generation: 2, slot: 1, step: 1, steps: 2, phase: 'moving', moved: 5, total: 10 },
  reloaded: {
    ...{ generation: 2, workers: 2, moved: 10, movesPerSecond: 1_000, stayed: {}, unanswered: 0 },
    ...{ drained: counts, durationMs: 321.4, slots: [] },
  },
  reloadFailed: { generation: 2, reason: 'no database' },
  recycle: { slot: 1, pid: 4_711, reason: 'its heap is 85 per cent full' },
  autopsy: {
    ...{ ...who, at: 1_700_000_000_000, verdict: 'leak', sentence: '1 connection of /chat/:room left', finding: null },
    ...{ left: [{ kind: 'connection', route, count: 1 }], tookMs: 900 },
  },
  notReady: { reasons: ['worker 0: over limit: who comes next is refused: connectionsMax'] },
  ready: { notReadyMs: 2_000.3 },
  draining: { workers: 2 },
  ended: { reason: 'all workers have finished', failed: false },
}

export const BROKER_SAMPLES: BrokerEvents = {
  linked: { peer: 'w000000002', pid: 4_712 },
  unlinked: { peer: 'w000000002', reason: 'stuck', problem: '', lostBytes: 65_536 },
  linkRefused: { problem: 'another greeting was wanted' },
  missed: { from: 'w000000002', topic: 'room:secret', messages: 3 },
}
