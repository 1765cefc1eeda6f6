/** Which processes may be sent SIGUSR1: only Node's own, of this user, that catch it. Each reason alone makes a process unfit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitForSignal, fitProcess } from '../../../../src/diagnose/inspect/fit-process.ts'
import { inspectorAddress } from '../../../../src/diagnose/inspect/inspector-port.ts'
import { isNode, type ProcessFacts, processFacts } from '../../../../src/diagnose/inspect/process-facts.ts'

const OWN_NETWORK = processFacts(process.pid)?.network ?? ''
/** SIGUSR1 is number 10. */
const FIT: ProcessFacts = {
  ...{ pid: 77, threadOf: null, parent: 1, state: 'S', uid: 1000, program: '/usr/bin/node', caught: 1n << 9n },
  ...{ birth: '1', args: ['node'], nodeOptions: '', isClusterWorker: false, network: OWN_NETWORK },
}
const LOOKER = { platform: 'linux', uid: 1000 }

test('a Node process of this user that catches the signal is fit', () => {
  assert.equal(fitProcess(77, LOOKER, FIT), FIT)
})

for (const [what, change, words] of [
  ['not there', null, /process 77 does not exist/],
  ['a zombie', { state: 'Z' }, /has ended/],
  ['a thread', { threadOf: 70 }, /is a thread of process 70; .*give 70 instead/],
  ['of another user', { uid: 33 }, /belongs to user 33; wanted one of yours \(user 1000\)/],
  ['of root, asked by somebody else', { uid: 0 }, /belongs to user 0/],
  [
    'not Node',
    { program: '/usr/bin/python3' },
    /runs \/usr\/bin\/python3; wanted Node's own executable; nothing was sent/,
  ],
  ['a program nobody may see', { program: '' }, /a program that cannot be seen/],
  ['stopped', { state: 'T' }, /is stopped; .*kill -CONT 77/],
  ['in another network', { network: 'net:[1]' }, /another network namespace; .*container/],
] as const) {
  test(`a process is unfit: ${what}`, () => {
    const facts = change === null ? null : { ...FIT, ...change }
    assert.throws(() => fitProcess(77, LOOKER, facts), { code: 'HF_PROCESS_UNFIT', message: words })
  })
}

test('no signal to a process that does not catch it, nor to the primary of a cluster', () => {
  fitForSignal(FIT, [])
  const deaf = { ...FIT, caught: ~(1n << 9n) & 0xffffffffn }
  assert.equal(fitProcess(77, LOOKER, deaf), deaf, 'its inspector may be open')
  assert.throws(() => fitForSignal(deaf, []), { code: 'HF_PROCESS_UNFIT', message: /does not catch SIGUSR1/ })
  const worker = { ...FIT, pid: 78, args: ['node', 'app.js'], isClusterWorker: true }
  const words = /process 77 is the primary of a cluster, .*; give 78 \(node app\.js\); nothing was sent/
  assert.throws(() => fitForSignal(FIT, [worker]), { code: 'HF_PROCESS_UNFIT', message: words })
})

test('elsewhere than on Linux nothing is sent', () => {
  assert.throws(() => fitProcess(77, { ...LOOKER, platform: 'darwin' }, FIT), /is on darwin; wanted Linux/)
})

test('Node is known by its name', () => {
  const named = (program: string) => isNode({ ...FIT, program })
  for (const name of ['/usr/bin/node', '/opt/n/bin/nodejs', '/a/node24', '/a/node-20.11.1'])
    assert.ok(named(name), name)
  for (const name of ['/usr/bin/nodemon', '/a/node_exporter', '/a/bun', '/a/deno', '']) assert.ok(!named(name), name)
})

test('this very process is seen as it is', () => {
  const facts = processFacts(process.pid)
  assert.equal(facts?.uid, process.geteuid?.())
  assert.equal(facts?.program, process.execPath)
  assert.equal(facts?.threadOf, null)
  assert.match(facts?.birth ?? '', /^\d+$/)
  assert.equal(processFacts(2 ** 22 + 1), null)
})

test('where the inspector would open, by arguments and environment', () => {
  const at = (line: string, nodeOptions = '') => {
    const { host, port } = inspectorAddress(['node', ...line.split(' ')], nodeOptions)
    return `${host}:${port}`
  }
  assert.equal(at('app.js'), '127.0.0.1:9229')
  assert.equal(at('--inspect-port=9333 app.js'), '127.0.0.1:9333')
  assert.equal(at('--inspect-port 9333 app.js'), '127.0.0.1:9333')
  assert.equal(at('--inspect=0.0.0.0:1 app.js'), '0.0.0.0:1')
  assert.equal(at('--inspect=[::1]:7 app.js'), '::1:7')
  assert.equal(at('-r x.js --inspect-port=0 app.js'), '127.0.0.1:0')
  assert.equal(at('app.js --inspect-port=5'), '127.0.0.1:9229', 'that is for the app')
  assert.equal(at('app.js', '--max-old-space-size=9 --inspect-port=8'), '127.0.0.1:8')
  assert.equal(at('--inspect-port=9 app.js', '--inspect-port=8'), '127.0.0.1:9')
  assert.equal(at('--inspect app.js'), '127.0.0.1:9229')
})
