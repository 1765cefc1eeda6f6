/** Admission by itself: what is counted when several limits are reached at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ledger } from '../../../src/hub/ledger.ts'
import { FileLimit } from '../../../src/resilience/file-limit.ts'
import { Admission } from '../../../src/server/admission.ts'
import { Server } from '../../../src/server/server.ts'
import { ManualClock } from '../../support/manual-clock.ts'

test('connectionsMax, only to be warned about: one request is one warning, also when no files are left either', () => {
  const { options } = new Server({ connectionsMax: 1, warnOnly: ['connectionsMax'] })
  const files = FileLimit.read({ limits: () => 'Max open files            40  40  files', open: () => 20 })
  const ledger = new Ledger()
  const modes: string[] = []
  const events = { wanted: () => true, emit: (_: string, limit: { mode: string }) => void modes.push(limit.mode) }
  const admission = new Admission({ options, clock: new ManualClock(), events: events as never, ledger, files })
  ledger.upgradeCame()
  ledger.upgradeCame()
  ledger.sockets = 2
  assert.equal(
    admission.admit('/', () => '192.0.2.1'),
    null,
  )
  assert.deepEqual(admission.counts().connectionsMax, { refused: 0, warned: 1 })
  assert.deepEqual(modes, ['warn'])
  // The files alone are counted under the same name.
  ledger.upgradeFailed('peer left')
  assert.equal(
    admission.admit('/', () => '192.0.2.1'),
    null,
  )
  assert.deepEqual(admission.counts().connectionsMax, { refused: 0, warned: 2 })
})
