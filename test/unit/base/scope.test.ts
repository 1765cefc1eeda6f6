import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import type { HoldfastError } from '../../../src/base/errors.ts'
import { Scope } from '../../../src/base/scope.ts'
import { Wheel } from '../../../src/base/wheel.ts'
import { collected } from '../../support/collected.ts'
import { deferred, turn } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'

interface Setting {
  readonly scope: Scope
  readonly clock: ManualClock
  readonly wheel: Wheel
  readonly errors: HoldfastError[]
}

function setUp(): Setting {
  const clock = new ManualClock(5_000)
  const wheel = new Wheel(clock, () => {})
  const errors: HoldfastError[] = []
  const scope = new Scope('test', { wheel, scopeOnError: (error) => errors.push(error) })
  return { scope, clock, wheel, errors }
}

test('releases last in first out, once, with the reason', () => {
  const { scope } = setUp()
  const released: [string, unknown][] = []
  for (const name of ['a', 'b', 'c']) scope.defer((reason) => released.push([name, reason]), name)
  scope.end('over')
  scope.end('again')
  assert.deepEqual(released, [
    ['c', 'over'],
    ['b', 'over'],
    ['a', 'over'],
  ])
  assert.equal(scope.ended, true)
  assert.equal(scope.size, 0)
})

test('what is released earlier is not released again', () => {
  const { scope } = setUp()
  const released: string[] = []
  const release = scope.defer(() => released.push('early'))
  scope.defer(() => released.push('late'))
  release()
  release()
  assert.deepEqual(released, ['early'])
  assert.equal(scope.size, 1)
  scope.end('over')
  assert.deepEqual(released, ['early', 'late'])
})

test('what is added to an ended scope is released at once, and tasks are not begun', async () => {
  const { scope, clock } = setUp()
  scope.end('over')
  const released: string[] = []
  scope.defer((reason) => released.push(`defer ${reason}`))
  scope.use({ [Symbol.dispose]: () => released.push('resource') })
  scope.every(20, () => released.push('every'))
  scope.after(20, () => released.push('after'))
  const emitter = new EventEmitter()
  scope.listen(emitter, 'x', () => released.push('heard'))
  const result = await scope.task('late', () => released.push('task'))
  clock.advance(1_000)
  emitter.emit('x')
  assert.deepEqual(released, ['defer over', 'resource'])
  assert.equal(result, undefined)
  assert.equal(emitter.listenerCount('x'), 0)
  assert.equal(clock.timers, 0)
  assert.equal(scope.signal.aborted, true)
  assert.equal(scope.signal.reason, 'over')
})

test('what a release adds while the scope ends is released at once', () => {
  const { scope } = setUp()
  const released: string[] = []
  scope.defer(() => {
    released.push('outer')
    scope.defer(() => released.push('inner'))
  })
  scope.end('over')
  assert.deepEqual(released, ['outer', 'inner'])
})

test('a fork ends with its parent, first its own things, in their order', () => {
  const { scope } = setUp()
  const released: string[] = []
  scope.defer(() => released.push('parent first'))
  const child = scope.fork('child')
  child.defer((reason) => released.push(`child ${reason}`))
  scope.defer(() => released.push('parent last'))
  scope.end('over')
  assert.deepEqual(released, ['parent last', 'child over', 'parent first'])
  assert.equal(child.ended, true)
  assert.equal(child.name, 'test > child')
})

test('a fork that ends before leaves its parent', () => {
  const { scope } = setUp()
  for (let count = 0; count < 1_000; count++) scope.fork(`child ${count}`).end('done')
  assert.equal(scope.size, 0)
  scope.end('over')
  assert.equal(scope.fork('late').ended, true)
})

test('held names everything with kind and age, oldest first', () => {
  const { scope, clock, wheel } = setUp()
  wheel.after(3_600_000, () => {})
  scope.defer(function closeFile() {})
  clock.advance(1_000)
  scope.every(50_000, () => {}, 'tick')
  scope.after(50_000, () => {})
  scope.listen(new EventEmitter(), 'price', () => {})
  scope.use({ [Symbol.dispose]() {} }, 'lease')
  void scope.task('sync', () => new Promise(() => {}))
  scope.fork('child')
  clock.advance(500)
  const held = scope.held()
  assert.deepEqual(
    held.map(({ kind, name }) => [kind, name]),
    [
      ['defer', 'closeFile'],
      ['timer', 'tick'],
      ['timer', 'after 50000 ms'],
      ['listener', 'listener for "price"'],
      ['resource', 'lease'],
      ['task', 'sync'],
      ['scope', 'child'],
    ],
  )
  assert.ok(held[0]!.ageMs >= 1_400 && held[0]!.ageMs <= 1_600, `age ${held[0]!.ageMs}`)
  assert.ok(held[6]!.ageMs >= 400 && held[6]!.ageMs <= 600, `age ${held[6]!.ageMs}`)
  scope.end('over')
  assert.deepEqual(scope.held(), [])
})

test('every: in its rhythm until stopped, and never after the end', () => {
  const { scope, clock } = setUp()
  let ticks = 0
  const stop = scope.every(100, () => ticks++)
  clock.advance(1_000)
  assert.ok(ticks >= 8 && ticks <= 10, `${ticks} ticks`)
  stop()
  const before = ticks
  clock.advance(1_000)
  assert.equal(ticks, before)
  scope.every(100, () => {
    ticks++
    scope.end('from inside')
  })
  clock.advance(1_000)
  assert.equal(ticks, before + 1)
  assert.equal(clock.timers, 0)
})

test('after: once, and then it is not held any more', () => {
  const { scope, clock } = setUp()
  let fired = 0
  scope.after(100, () => fired++)
  const stop = scope.after(100, () => fired++)
  stop()
  assert.equal(scope.size, 1)
  clock.advance(1_000)
  assert.equal(fired, 1)
  assert.equal(scope.size, 0)
  scope.after(100, () => fired++)
  scope.end('over')
  clock.advance(1_000)
  assert.equal(fired, 1)
})

test('timers that throw or reject are announced, each time, and go on', async () => {
  const { scope, clock, errors } = setUp()
  scope.every(100, () => {
    throw new Error('no')
  })
  scope.after(50, () => Promise.reject(new Error('later')), 'promise')
  clock.advance(250)
  await turn()
  assert.deepEqual(
    errors.map(({ code, cause }) => [code, (cause as Error).message]),
    [
      ['HF_TASK_FAILED', 'no'],
      ['HF_TASK_FAILED', 'no'],
      ['HF_TASK_FAILED', 'later'],
    ],
  )
})

test('listen: EventEmitter and EventTarget alike, gone with the scope or earlier', () => {
  const { scope } = setUp()
  const emitter = new EventEmitter()
  const target = new EventTarget()
  const heard: unknown[] = []
  scope.listen(emitter, 'price', (...args: unknown[]) => heard.push(args))
  const stop = scope.listen(target, 'tick', (event: Event) => heard.push(event.type))
  emitter.emit('price', 1, 2)
  target.dispatchEvent(new Event('tick'))
  assert.deepEqual(heard, [[1, 2], 'tick'])
  stop()
  target.dispatchEvent(new Event('tick'))
  scope.end('over')
  emitter.emit('price', 3)
  assert.equal(heard.length, 2)
  assert.equal(emitter.listenerCount('price'), 0)
})

test('use: disposes of sync and async resources, and returns them', async () => {
  const { scope, errors } = setUp()
  const disposed: string[] = []
  const sync = { [Symbol.dispose]: () => disposed.push('sync') }
  assert.equal(scope.use(sync), sync)
  scope.use({ [Symbol.asyncDispose]: async () => void disposed.push('async') })
  scope.use({
    [Symbol.asyncDispose]: async () => {
      throw new Error('stuck')
    },
  })
  scope.end('over')
  await turn()
  assert.deepEqual(disposed, ['async', 'sync'])
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['HF_RELEASE_FAILED'],
  )
})

test('a release that throws is announced, and the others are released all the same', () => {
  const { scope, errors } = setUp()
  const released: string[] = []
  scope.defer(() => released.push('first'))
  scope.defer(() => {
    throw new Error('bad')
  }, 'broken')
  scope.defer(() => released.push('last'))
  scope.end('over')
  assert.deepEqual(released, ['last', 'first'])
  assert.equal(errors[0]?.code, 'HF_RELEASE_FAILED')
  assert.match(errors[0]?.message ?? '', /"broken" in test failed: bad/)
})

test('task: called at once, its result passes through, it is held while it runs', async () => {
  const { scope, errors } = setUp()
  const gate = deferred<string>()
  const running = scope.task('work', () => gate.promise)
  assert.equal(scope.tasks, 1)
  gate.resolve('done')
  assert.equal(await running, 'done')
  assert.equal(scope.tasks, 0)
  assert.equal(scope.size, 0)
  assert.equal(await scope.task('sync', () => 7), 7)
  assert.deepEqual(errors, [])
})

test('a task that fails is announced once, also when nobody looks at its promise', async () => {
  const { scope, errors } = setUp()
  void scope.task('rejects', () => Promise.reject(new Error('no'))).catch(() => {})
  void scope.task('throws', () => {
    throw new Error('at once')
  })
  await turn()
  assert.deepEqual(
    errors.map(({ code, message }) => [code, /failed: ([^;]*)/.exec(message)?.[1]]).sort(),
    [
      ['HF_TASK_FAILED', 'at once'],
      ['HF_TASK_FAILED', 'no'],
    ].sort(),
  )
  assert.equal(scope.tasks, 0)
})

test('a task that fails because its scope has ended is not an error', async () => {
  const { scope, errors } = setUp()
  void scope.task(
    'waits',
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  )
  scope.end(new Error('over'))
  await turn()
  assert.deepEqual(errors, [])
})

test('abort tells the signal and releases nothing; end releases, with the reason of the abort', () => {
  const { scope } = setUp()
  const seen: unknown[] = []
  scope.signal.addEventListener('abort', () => seen.push('aborted'))
  scope.defer((reason) => seen.push(reason))
  scope.abort('leaving')
  scope.abort('twice')
  assert.deepEqual(seen, ['aborted'])
  assert.equal(scope.ended, false)
  scope.end('over')
  assert.deepEqual(seen, ['aborted', 'leaving'])
  assert.equal(scope.signal.reason, 'leaving')
})

test('onTasksDone: now when none runs, otherwise with the last one, or with the end', async () => {
  const { scope } = setUp()
  const told: string[] = []
  scope.onTasksDone(() => told.push('none'))
  assert.deepEqual(told, ['none'])
  const [one, two] = [deferred(), deferred()]
  void scope.task('one', () => one.promise)
  void scope.task('two', () => two.promise)
  scope.onTasksDone(() => told.push('both'))
  one.resolve()
  await turn()
  assert.deepEqual(told, ['none'])
  two.resolve()
  await turn()
  assert.deepEqual(told, ['none', 'both'])
  void scope.task('stuck', () => new Promise(() => {}))
  scope.onTasksDone(() => told.push('end'))
  scope.end('over')
  assert.deepEqual(told, ['none', 'both', 'end'])
})

test('a task nobody can ever resume is collected although its scope lives', async () => {
  const { scope } = setUp()
  const finalised: string[] = []
  const registry = new FinalizationRegistry<string>((name) => finalised.push(name))
  const resolvers: (() => void)[] = []
  // The promise itself is looked at: what the task has in its hands does not hang on it.
  const begin = (name: string, wait: () => Promise<void>): WeakRef<object> => {
    const running = scope.task(name, async () => {
      await wait()
    })
    registry.register(running, name)
    return new WeakRef(running)
  }
  const lost = begin('lost', () => new Promise(() => {}))
  const waiting = begin('waiting', () => new Promise((resolve) => resolvers.push(resolve)))
  assert.equal(await collected(lost), true, 'the scope must not hold the promise of a task')
  assert.equal(await collected(waiting), false, 'negative control: somebody can still resume this one')
  assert.deepEqual(finalised, ['lost'])
  assert.equal(scope.tasks, 2, 'the scope still lists both')
  resolvers[0]!()
  assert.equal(await collected(waiting), true)
})

test('an ended scope keeps nothing of what it held alive', async () => {
  const { scope } = setUp()
  const reference = ((): WeakRef<object> => {
    const thing = { big: true }
    scope.defer(() => void thing)
    return new WeakRef(thing)
  })()
  assert.equal(await collected(reference), false, 'negative control: held while the scope lives')
  scope.end('over')
  assert.equal(await collected(reference), true)
})

test('timers take numbers of milliseconds, and leave nothing behind when they are given anything else', () => {
  const { scope } = setUp()
  for (const delay of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    undefined as unknown as number,
    '5' as unknown as number,
  ]) {
    assert.throws(() => scope.every(delay, () => {}), { code: 'HF_DELAY_INVALID' })
    assert.throws(() => scope.after(delay, () => {}), { code: 'HF_DELAY_INVALID' })
  }
  assert.throws(() => scope.every(0, () => {}), { code: 'HF_DELAY_INVALID' })
  assert.equal(scope.size, 0)
})

test('tasks of forks count: they are waited for, and their signal aborts with the parent', async () => {
  const { scope } = setUp()
  const fork = scope.fork('inner')
  let finish = (): void => {}
  let aborted = false
  const task = fork.task('work', (signal) => {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    return new Promise<void>((resolve) => {
      finish = resolve
    })
  })
  assert.equal(scope.tasks, 1)
  let done = false
  scope.onTasksDone(() => {
    done = true
  })
  scope.abort('ending')
  assert.ok(aborted)
  assert.equal(done, false)
  finish()
  await task
  await null
  assert.equal(done, true)
  fork.end('over')
  assert.equal(scope.size, 0)
})
