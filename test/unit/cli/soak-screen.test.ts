/** What is drawn over and over is taken away before others have something to say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SoakScreen } from '../../../src/cli/soak-screen.ts'

function screen() {
  const drawn: string[] = []
  const terminal = {
    ...{ out: () => {}, note: () => {}, draw: (text: string) => drawn.push(text) },
    ...{ ask: null, env: {}, onSignal: () => {}, onUnread: () => {}, screen: null },
  }
  return { drawn, screen: new SoakScreen(terminal, [], false) }
}

test('a screen that is left draws no more', () => {
  const left = screen()
  left.screen.show({ step: 'wave', round: 1, planned: 4 })
  left.screen.leave()
  const before = left.drawn.length
  left.screen.show({ step: 'why' })
  left.screen.clear()
  assert.equal(left.drawn.length, before)
  const control = screen()
  control.screen.show({ step: 'wave', round: 1, planned: 4 })
  control.screen.show({ step: 'why' })
  control.screen.clear()
  assert.equal(control.drawn.length, 3)
})
