/** A command in a report can be given again, and lets nobody in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Flags, readFlags } from '../../../src/cli/flags.ts'
import { shownCommand, shownUrl } from '../../../src/cli/shown-command.ts'

const FLAGS: Flags = {
  pid: { value: 'PID', about: '' },
  pprof: { value: 'URL', about: '' },
  messages: { value: 'FILE', about: '' },
  header: { value: 'LINE', many: true, about: '' },
  why: { about: '' },
  json: { about: '' },
}
const shown = (...args: string[]) => shownCommand('soak', readFlags(args, FLAGS, 'soak'), FLAGS)

test('all that was given is there, as a shell takes it', () => {
  assert.equal(
    shown('--why', '--messages', "it's mine.txt", 'ws://127.0.0.1:8080/chat', '--pid', '77'),
    "holdfast soak ws://127.0.0.1:8080/chat --pid 77 --messages 'it'\\''s mine.txt' --why",
  )
})

test('what lets somebody in is not', () => {
  const command = shown(
    ...['ws://me:hidden@host/?room=3&access_token=hidden&x=1', '--header', 'Authorization: Bearer hidden'],
    ...['--header', 'Cookie: a=hidden', '--pprof', 'http://me:hidden@host:6060'],
  )
  assert.doesNotMatch(command, /hidden/)
  assert.match(command, /'ws:\/\/host\/\?room=3&access_token=…&x=1' --pprof http:\/\/host:6060 /)
  assert.match(command, /--header 'Authorization: …' --header 'Cookie: …'$/)
  assert.equal(shownUrl('ws://host/?room=hidden'), 'ws://host/?room=hidden', 'control: others stay')
})
