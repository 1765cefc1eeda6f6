import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imbalancesOf, Ledger } from '../../../src/hub/ledger.ts'
import { ENDINGS, peerEnding, serverEnding } from '../../../src/protocol/ending.ts'

test('the laws hold along every way an upgrade and a connection can go', () => {
  const ledger = new Ledger()
  const look = (): void => assert.deepEqual(ledger.imbalances(), [])
  look()
  for (const status of [404, 403, 404]) {
    ledger.upgradeCame()
    look()
    ledger.upgradeRefused(status)
    look()
  }
  ledger.upgradeCame()
  ledger.upgradeFailed('deadline')
  look()
  ledger.upgradeCame()
  ledger.upgradeAccepted()
  ledger.openHooks++
  look()
  ledger.connectionMoved('open', 'draining')
  look()
  ledger.connectionMoved('draining', 'closing')
  look()
  ledger.connectionMoved('closing', 'closed')
  ledger.connectionEnded(ENDINGS.idle, false)
  ledger.closeHooks++
  look()
  const counts = ledger.counts()
  assert.deepEqual(counts.refusedByStatus, { 403: 1, 404: 2 })
  assert.deepEqual([counts.upgrades, counts.refused, counts.failed, counts.accepted, counts.closed], [5, 3, 1, 1, 1])
})

test('the laws hold along every way a connection can move', () => {
  const old = new Ledger()
  const next = new Ledger()
  const look = (): void => assert.deepEqual([...old.imbalances(), ...next.imbalances()], [])
  for (let count = 0; count < 3; count++) {
    old.upgradeCame()
    old.upgradeAccepted()
    old.openHooks++
  }
  old.connectionMoved('open', 'open')
  look()
  for (let count = 0; count < 3; count++) {
    old.connectionMoved('open', 'moving')
    look()
  }
  next.connectionAdopted()
  look()
  old.connectionMoved('moving', 'moved')
  look()
  old.movesUnanswered++
  old.connectionMoved('moving', 'moved')
  look()
  old.movesRefused++
  old.connectionMoved('moving', 'open')
  look()
  next.connectionMoved('open', 'closing')
  next.connectionMoved('closing', 'closed')
  next.connectionEnded(ENDINGS.idle, false)
  next.closeHooks++
  look()
  const { accepted, open, moving, moved, movesUnanswered, movesRefused } = old.counts()
  assert.deepEqual([accepted, open, moving, moved, movesUnanswered, movesRefused], [3, 1, 0, 2, 1, 1])
  assert.deepEqual([next.counts().adopted, next.counts().closed], [1, 1])
})

test('control: a move that is counted on one side of a law only is seen', () => {
  const { counts } = { counts: new Ledger().counts() }
  for (const name of ['adopted', 'moving', 'moved'] as const) {
    assert.deepEqual(
      imbalancesOf({ ...counts, [name]: 1 }).map((text) => text.slice(0, text.indexOf(':'))),
      [
        'accepted + adopted = open + draining + closing + moving + moved + closed',
        'open hooks + adopted = close hooks + open + draining + closing + moving + moved',
      ],
      name,
    )
  }
})

test('each law that is broken is named, with its numbers', () => {
  const { counts } = { counts: new Ledger().counts() }
  assert.deepEqual(imbalancesOf({ ...counts, upgrades: 2 }), [
    'upgrades = opening + refused + failed + accepted: 2 is not 0',
  ])
  assert.equal(imbalancesOf({ ...counts, closed: 1 }).length, 3)
  assert.equal(imbalancesOf({ ...counts, openHooks: 1 }).length, 1)
  assert.equal(imbalancesOf({ ...counts, open: 1 }).length, 2)
  assert.deepEqual(imbalancesOf({ ...counts, refusedByReason: { path: 1 } }), [
    'refused = refused by reason: 0 is not 1',
  ])
  assert.deepEqual(imbalancesOf({ ...counts, failedByReason: { deadline: 1 } }), [
    'failed = failed by reason: 0 is not 1',
  ])
  assert.deepEqual(imbalancesOf({ ...counts, endingsByReason: { idle: 1 } }), [
    'endings by the server = endings by reason: 0 is not 1',
  ])
  assert.deepEqual(imbalancesOf({ ...counts, messagesDropped: 1 }), [
    'messages dropped = dropped by route and reason: 1 is not 0',
  ])
})

test('endings are counted by code, by side, and the own ones by reason', () => {
  const ledger = new Ledger()
  ledger.connectionEnded(ENDINGS.idle, false)
  ledger.connectionEnded({ ...ENDINGS.serverClosed, clean: true }, false)
  ledger.connectionEnded(serverEnding(1002, 'a reserved bit is set'), true)
  ledger.connectionEnded(serverEnding(4001, 'kicked by an administrator'), false)
  ledger.connectionEnded(peerEnding(1000, 'nothing received within idleTimeoutMs'), false)
  ledger.connectionEnded(ENDINGS.peerGone, false)
  const { endingsByCode, endingsBy, endingsByReason } = ledger.counts()
  assert.deepEqual(endingsByCode, { 1000: 1, 1001: 2, 1002: 1, 1006: 1, 4001: 1 })
  assert.deepEqual(endingsBy, { peer: 1, server: 4, network: 1 })
  assert.deepEqual(endingsByReason, { idle: 1, serverClosed: 1, violation: 1, user: 1 })
})

test('clients cannot make the ledger grow by their close codes and reasons', () => {
  const ledger = new Ledger()
  for (let code = 3000; code < 5000; code++) {
    ledger.connectionEnded(peerEnding(code, `reason ${code}`), false)
    ledger.connectionEnded(serverEnding(code, `reason ${code}`), false)
  }
  const { endingsByCode, endingsByReason } = ledger.counts()
  assert.equal(Object.keys(endingsByCode).length, 101)
  assert.equal(endingsByCode[3099], 2)
  assert.equal(endingsByCode.other, 3800)
  assert.deepEqual(endingsByReason, { user: 2000 })
})

test('what was dropped is counted by route and reason', () => {
  const ledger = new Ledger()
  ledger.messageDropped('/a', 'drop-newest')
  ledger.messageDropped('/a', 'drop-newest', 3)
  ledger.messageDropped('/a', 'end', 2)
  ledger.messageDropped('/b', 'end')
  assert.deepEqual(ledger.counts().dropped, [
    { route: '/a', reason: 'drop-newest', messages: 4 },
    { route: '/a', reason: 'end', messages: 2 },
    { route: '/b', reason: 'end', messages: 1 },
  ])
  assert.equal(ledger.counts().messagesDropped, 7)
  assert.deepEqual(ledger.imbalances(), [])
})
