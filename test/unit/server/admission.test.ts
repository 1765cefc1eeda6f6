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

test('the limit that would refuse whoever comes next: the same that then does; counts nothing', () => {
  const clock = new ManualClock(10_000)
  let memory = 2 ** 40
  let files = 20
  const events = { wanted: () => false, emit: () => {} }
  const ask = (options: ConstructorParameters<typeof Server>[0], opened = 0) => {
    const ledger = new Ledger()
    ledger.open = ledger.sockets = opened
    const admission = new Admission({
      ...{ options: new Server(options).options, clock, events: events as never, ledger, memory: () => memory },
      files: FileLimit.read({ limits: () => 'Max open files            100  100  files', open: () => files }),
    })
    const over = admission.over()
    assert.ok(Object.values(admission.counts()).every(({ refused, warned }) => refused + warned === 0))
    // It comes: what was said has to be what happens.
    ledger.upgradeCame()
    ledger.sockets++
    const fault = admission.admit('/', () => '192.0.2.1')
    admission.end()
    assert.equal(fault?.kind ?? null, over === null ? null : `limit ${over}`)
    return over
  }
  assert.equal(ask({ connectionsMax: 3 }, 2), null)
  assert.equal(ask({ connectionsMax: 3 }, 3), 'connectionsMax')
  assert.equal(ask({ connectionsMax: 3, warnOnly: ['connectionsMax'] }, 3), null)
  files = 90
  assert.equal(ask({ connectionsMax: 1_000 }, 10), 'connectionsMax')
  files = 20
  memory = 2 ** 20
  assert.equal(ask({ memoryHeadroomBytes: 2 ** 21 }), 'memoryHeadroomBytes')
  assert.equal(ask({ memoryHeadroomBytes: 2 ** 19 }), null)
  assert.equal(ask({ memoryHeadroomBytes: 2 ** 21, warnOnly: ['memoryHeadroomBytes'] }), null)
})
