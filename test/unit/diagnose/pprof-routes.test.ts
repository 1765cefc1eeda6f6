/** What is listed and answered below /debug/pprof/, and which options are refused, without a port. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { isRefused } from '../../../src/diagnose/pprof/plain-profile.ts'
import { pprofHandlers } from '../../../src/diagnose/pprof/pprof-routes.ts'
import { Profiles } from '../../../src/diagnose/pprof/profiles.ts'
import { PPROF_PATHS, type PprofOptions, readPprofOptions } from '../../../src/ops/pprof-mount.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const NOBODY = new AbortController().signal

describe('pprofHandlers', () => {
  test('has a path for each profile of the reference, and a page that lists them with what they cost', async (t) => {
    const profiles = new Profiles({ clock: new ManualClock() })
    t.after(() => profiles.end())
    const handlers = pprofHandlers(profiles, { tasks: () => [] })
    assert.deepEqual(
      handlers.map(({ path }) => path),
      Object.keys(PPROF_PATHS),
    )
    const page = await handlers[0]?.handle(new URLSearchParams(), NOBODY)
    assert.ok(page !== undefined && !isRefused(page))
    assert.equal(page.type, 'text/html; charset=utf-8')
    const text = Buffer.from(page.bytes).toString()
    for (const { path, cost } of handlers.slice(1)) {
      assert.ok(text.includes(`<a href="${path.slice(path.lastIndexOf('/') + 1)}">`), path)
      assert.ok(text.includes(cost), path)
    }
    // Nothing has begun by it.
    assert.equal(profiles.heap.sampling, false)
  })

  test('without tasks there is no such path; with them they are asked for each time', async (t) => {
    const profiles = new Profiles({ clock: new ManualClock() })
    t.after(() => profiles.end())
    assert.equal(
      pprofHandlers(profiles).some(({ path }) => path.endsWith('/tasks')),
      false,
    )
    let asked = 0
    const tasks = () => {
      asked++
      return []
    }
    const handler = pprofHandlers(profiles, { tasks, program: 'app.js' }).find(({ path }) => path.endsWith('/tasks'))
    for (const time of [1, 2]) {
      const given = await handler?.handle(new URLSearchParams(), NOBODY)
      assert.ok(given !== undefined && !isRefused(given))
      assert.equal(given.type, 'application/octet-stream')
      assert.ok(Profile.decode(gunzipSync(given.bytes)).stringTable.strings.includes('app.js'))
      assert.equal(asked, time)
    }
  })

  test('a port whose answers have little time has short profiles', async (t) => {
    const clock = new ManualClock()
    const profiles = new Profiles({ clock })
    t.after(() => profiles.end())
    const heap = pprofHandlers(profiles, { secondsMax: 2 }).find(({ path }) => path.endsWith('/heap'))
    const refused = await heap?.handle(new URLSearchParams('seconds=3'), NOBODY)
    assert.deepEqual(refused, { refused: 400, line: 'seconds has to be a whole number from 1 to 2' })
    const first = heap?.handle(new URLSearchParams(), NOBODY)
    clock.advance(2_000)
    assert.equal(isRefused((await first) ?? {}), false)
  })
})

test('options that are wrong are refused, and those that are right are not', () => {
  const wrong: [unknown, string][] = [
    [null, 'HF_OPTION_INVALID'],
    [true, 'HF_OPTION_INVALID'],
    [{ heapFromStart: 'yes' }, 'HF_OPTION_INVALID'],
    [{ tasks: [] }, 'HF_OPTION_UNKNOWN'],
    [{ heapFromStrat: true }, 'HF_OPTION_UNKNOWN'],
  ]
  for (const [given, code] of wrong) {
    assert.throws(() => readPprofOptions('admin()', given as PprofOptions), { code }, JSON.stringify(given))
  }
  for (const given of [{}, { heapFromStart: true }]) {
    assert.equal(readPprofOptions('admin()', given), given)
  }
})
