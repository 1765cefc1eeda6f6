/**
 * `holdfast soak` on a server in Go, Gin with gorilla/websocket: by its heap profile, and by what it tells Prometheus.
 *
 * Needs: gin
 */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { assertNear, bytesOf, ginTarget, soaked } from '../../support/soak-targets.ts'

const KEPT = 4096
/** Of an entry in a map of Go: key, slice, and the room that a map keeps. */
const ENTRY_EXTRA = 80
/** Nothing is collected, so there are as many rounds as there would be, and no pause. */
const AS_IT_IS = ['--rounds', '40', '--connections', '200', '--settle', '0ms', '--tolerance', '1024']

describe('a server of Gin', { concurrency: 2 }, () => {
  // Built once, not by each at the same time.
  before(async () => {
    const steps: (() => unknown)[] = []
    await ginTarget({ after: (step) => steps.push(step) }, ['repaired', '1'])
    for (const step of steps) await step()
  })

  for (const mode of ['leak', 'repaired'] as const) {
    test(`${mode}, by its profile`, async (t) => {
      const { port } = await ginTarget(t, [mode, String(KEPT)])
      const { code, report } = await soaked(`ws://127.0.0.1:${port}/ws`, [
        ...['--pprof', `http://127.0.0.1:${port}`],
        ...['--rounds', mode === 'leak' ? '6' : '14'],
      ])
      assert.equal(code, mode === 'leak' ? 1 : 0, JSON.stringify(report.verdict))
      assert.equal(report.series[0]?.name, 'heap and stacks in use')
      if (mode === 'leak') {
        assertNear(bytesOf(report), KEPT + ENTRY_EXTRA)
        assert.match(report.grown[0]?.place ?? '', /^main\.remember \(main\.go:\d+\)$/)
      }
    })

    test(`${mode}, by its metrics`, async (t) => {
      const { port } = await ginTarget(t, [mode, String(KEPT)])
      const flags = [...AS_IT_IS, '--metrics', `http://127.0.0.1:${port}/metrics`]
      const { code, report } = await soaked(`ws://127.0.0.1:${port}/ws`, flags)
      assert.equal(code, mode === 'leak' ? 1 : 0, JSON.stringify(report.verdict))
      assert.equal(report.series[report.verdict.decidedBy]?.name, 'go_memstats_heap_alloc_bytes')
      if (mode === 'leak') assertNear(bytesOf(report), KEPT + ENTRY_EXTRA)
    })
  }

  test('control: a metric by its name that is not there, and a profile that is none, are one line each', async (t) => {
    const { port } = await ginTarget(t, ['repaired', '1'])
    const { holdfast } = await import('../../support/command-line.ts')
    const metrics = ['--metrics', `http://127.0.0.1:${port}/metrics`, '--metric', 'nosuch']
    const absent = await holdfast(['soak', `ws://127.0.0.1:${port}/ws`, ...metrics])
    assert.deepEqual([absent.code, absent.errors.trim().split('\n').length], [2, 1], absent.errors)
    assert.match(absent.errors, /there is no metric nosuch/)
    const wrong = await holdfast(['soak', `ws://127.0.0.1:${port}/ws`, '--pprof', `http://127.0.0.1:${port}/metrics`])
    assert.deepEqual([wrong.code, wrong.errors.trim().split('\n').length], [2, 1], wrong.errors)
    assert.match(wrong.errors, /is no heap profile/)
  })
})
