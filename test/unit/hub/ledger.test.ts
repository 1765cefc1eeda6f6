import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imbalancesOf, Ledger } from '../../../src/hub/ledger.ts'

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
  ledger.upgradeFailed()
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
  ledger.closeHooks++
  look()
  const counts = ledger.counts()
  assert.deepEqual(counts.refusedByStatus, { 403: 1, 404: 2 })
  assert.deepEqual([counts.upgrades, counts.refused, counts.failed, counts.accepted, counts.closed], [5, 3, 1, 1, 1])
})

test('each law that is broken is named, with its numbers', () => {
  const { counts } = { counts: new Ledger().counts() }
  assert.deepEqual(imbalancesOf({ ...counts, upgrades: 2 }), [
    'upgrades = opening + refused + failed + accepted: 2 is not 0',
  ])
  assert.equal(imbalancesOf({ ...counts, closed: 1 }).length, 1)
  assert.equal(imbalancesOf({ ...counts, openHooks: 1 }).length, 1)
  assert.equal(imbalancesOf({ ...counts, open: 1 }).length, 2)
})
