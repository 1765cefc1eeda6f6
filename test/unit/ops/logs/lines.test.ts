/**
 * The lines of the log: one of every event there is, as it is written, against the types of ECS; nothing of a client in any; no longer than a pipe
 * takes in one piece. And what repeats, what does not keep up, what breaks.
 */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { HoldfastError } from '../../../../src/base/errors.ts'
import { Events } from '../../../../src/base/events.ts'
import { errorWords } from '../../../../src/ops/logs/error-words.ts'
import { WAITING_BYTES_MAX } from '../../../../src/ops/logs/line-writer.ts'
import { LINE_BYTES_MAX, type Log } from '../../../../src/ops/logs/log.ts'
import type { LogEntry, LogLevel } from '../../../../src/ops/logs/log-entry.ts'
import { LOG_FIELDS } from '../../../../src/ops/logs/log-fields.ts'
import type { LogSink } from '../../../../src/ops/logs/log-options.ts'
import { type OpenLog, openLog } from '../../../../src/ops/logs/open-log.ts'
import { prettyLine } from '../../../../src/ops/logs/pretty.ts'
import { BROKER_LOG_TABLE, ROLLOUT_LOG_TABLE } from '../../../../src/ops/logs/rollout-log-table.ts'
import { ServerLog } from '../../../../src/ops/logs/server-log.ts'
import { SERVER_LOG_TABLE } from '../../../../src/ops/logs/server-log-table.ts'
import type { ServerEvents } from '../../../../src/server/event-names.ts'
import type { EndObserver } from '../../../../src/server/internals.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { ECS_TYPES, wrongIn } from './ecs-fields.ts'
import { BROKER_SAMPLES, FACTS, ROLLOUT_SAMPLES, SERVER_SAMPLES } from './samples.ts'

type Line = Readonly<Record<string, unknown>>

class Written implements LogSink {
  readonly lines: string[] = []
  writableLength = 0

  write(line: string): void {
    this.lines.push(line)
  }

  get parsed(): Line[] {
    return this.lines.map((line) => JSON.parse(line))
  }
}

function open(sink: LogSink, clock = new ManualClock(), level: LogLevel = 'trace', repeatsMax = 1_000): OpenLog {
  const target = { level, sink, pretty: false, colors: false, service: 'chat', who: { slot: 0, version: 1 } }
  return openLog(target, { clock, repeatsMax, repeatsWindowMs: 10_000 })
}

/** A server as far as a log looks at it. */
function fakeServer() {
  const events = new Events<ServerEvents>((_, thrown) => {
    throw thrown
  })
  let observer: EndObserver | null = null
  return {
    events,
    end: (facts: typeof FACTS) => observer?.connectionOnEnded(facts),
    source: {
      on: ((name: 'open', listener: () => void) => events.on(name, listener)) as never,
      internals: {
        connection: () => FACTS,
        routeOf: () => '/chat/:room',
        observeEnds(given: EndObserver) {
          observer = given
          return () => {
            observer = null
          }
        },
      },
    },
  }
}

/** A line of every event of server, supervisor and links. */
function everyLine(): Line[] {
  const sink = new Written()
  const { log, end } = open(sink)
  const server = fakeServer()
  const serverLog = new ServerLog(server.source, log, true)
  for (const [name, payload] of Object.entries(SERVER_SAMPLES)) server.events.emit(name as 'open', payload as never)
  server.end(FACTS)
  server.end({ ...FACTS, state: 'moved', ending: null })
  emitAll(log, ROLLOUT_LOG_TABLE, ROLLOUT_SAMPLES)
  emitAll(log, BROKER_LOG_TABLE, BROKER_SAMPLES)
  log.lost(3)
  serverLog.end()
  end()
  return sink.parsed
}

function emitAll(log: Log, table: object, samples: object): void {
  for (const [name, payload] of Object.entries(samples)) {
    log.write(name, (table as Record<string, LogEntry<unknown>>)[name] as LogEntry<unknown>, payload, () => ({}))
  }
}

describe('every event', () => {
  const lines = everyLine()

  test('has a line', () => {
    const tables = [SERVER_LOG_TABLE, ROLLOUT_LOG_TABLE, BROKER_LOG_TABLE].flatMap((table) => Object.keys(table))
    assert.deepEqual(lines.map((line) => line['event.action']).sort(), [...tables, 'lost'].sort())
  })

  test('in fields of ECS, of their types', () => {
    assert.deepEqual(
      lines.flatMap((line) => wrongIn(line).map((wrong) => `${line['event.action']}: ${wrong}`)),
      [],
    )
  })

  test('the table of fields says the same as ECS', () => {
    const own = Object.entries(LOG_FIELDS).filter(([name]) => !name.startsWith('holdfast.'))
    assert.deepEqual(Object.fromEntries(own.map(([name, [type]]) => [name, type])), ECS_TYPES)
  })

  test('no blank of a sentence is left, and no field of the table is never written', () => {
    assert.deepEqual(
      lines.filter(({ message }) => /[{}]|undefined|null|–/.test(String(message))),
      [],
    )
    const written = new Set(lines.flatMap((line) => Object.keys(line)))
    assert.deepEqual(
      Object.keys(LOG_FIELDS).filter((name) => !written.has(name)),
      [],
    )
  })

  test('of a connection has its id, its route and its trace', () => {
    for (const line of lines.filter((one) => one['holdfast.connection.id'] !== undefined)) {
      const { 'trace.id': trace, 'span.id': span, 'holdfast.route': route } = line
      assert.deepEqual(
        [trace, span, route],
        ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331', '/chat/:room'],
        String(line['event.action']),
      )
    }
    assert.equal(lines.filter((one) => one['holdfast.connection.id'] !== undefined).length, 9)
  })

  test('says nothing that a client has written', () => {
    assert.doesNotMatch(JSON.stringify(lines), /secret|192\.0\.2/)
    assert.match(JSON.stringify(SERVER_SAMPLES), /secret/, 'negative control: it is there to be found')
  })

  test('negative control: what is wrong is found', () => {
    const [line = {}] = lines
    assert.deepEqual(wrongIn(line), [])
    const broken: [Line, RegExp][] = [
      [{ ...line, 'process.pid': '12' }, /process.pid is no long/],
      [{ ...line, 'event.duration': 1.5 }, /event.duration is no long/],
      [{ ...line, 'event.category': 'network' }, /event.category is no array/],
      [{ ...line, 'event.type': ['change'], 'event.category': ['network'] }, /does not go with network/],
      [{ ...line, 'connection.id': 'x' }, /connection.id is no field of ECS/],
      [{ ...line, 'holdfast.close.clean': 'yes' }, /clean is no boolean/],
      [{ ...line, 'holdfast.new': 'yes' }, /holdfast.new is no field/],
      [{ ...line, 'host.hostname': 'x'.repeat(2_000) }, /host.hostname is no keyword/],
      [{ ...line, '@timestamp': 'today' }, /@timestamp is no date/],
      [{ ...line, message: undefined }, /message is missing/],
    ]
    for (const [wrong, expected] of broken) assert.match(wrongIn(wrong).join('; '), expected)
  })
})

test('a line is never longer than a pipe takes in one piece, whatever an error says', () => {
  const sink = new Written()
  const { log, end } = open(sink)
  const server = fakeServer()
  const serverLog = new ServerLog(server.source, log, true)
  for (const text of ['x', '"', '\n', '€', '😀', '\u0000', '\ud800']) {
    const cause = new Error(text.repeat(20_000))
    cause.name = text.repeat(20_000)
    cause.stack = `Error\n    at ${`${text}y`.repeat(20_000)}`
    const details = { handler: 'message', route: `/${text.repeat(500)}`, message: cause.message }
    const error = new HoldfastError('HF_HANDLER_FAILED', details, { cause })
    server.events.emit('error', { error, route: details.route, connection: { id: 'x'.repeat(60) } as never })
  }
  serverLog.end()
  end()
  assert.equal(sink.lines.length, 7)
  for (const line of sink.lines) {
    assert.ok(Buffer.byteLength(line) <= LINE_BYTES_MAX, `${Buffer.byteLength(line)} bytes`)
    assert.deepEqual(wrongIn(JSON.parse(line)), [])
  }
  assert.ok(
    sink.lines.some((line) => Buffer.byteLength(line) > LINE_BYTES_MAX / 2),
    'they were long',
  )
})

describe('what is written', () => {
  test('only what the level asks for; what is below has no listener', () => {
    const sink = new Written()
    const { log, end } = open(sink, undefined, 'warn')
    const server = fakeServer()
    const serverLog = new ServerLog(server.source, log, true)
    assert.deepEqual(
      Object.keys(SERVER_SAMPLES).filter((name) => server.events.listened(name as 'open')),
      ['drop', 'overdue', 'error', 'refused', 'limit', 'drain', 'leak', 'notReady', 'stall'],
    )
    server.events.emit('refused', SERVER_SAMPLES.refused)
    server.events.emit('refused', { ...SERVER_SAMPLES.refused, status: 503, kind: 'limit connectionsMax' })
    serverLog.end()
    assert.ok(!Object.keys(SERVER_SAMPLES).some((name) => server.events.listened(name as 'open')))
    end()
    assert.deepEqual(
      sink.parsed.map((line) => [line['log.level'], line['http.response.status_code']]),
      [['warn', 503]],
    )
  })

  test('what repeats is counted by kind, and said at the end of the window and of the log', () => {
    const sink = new Written()
    const clock = new ManualClock()
    const { log, end } = open(sink, clock, 'trace', 2)
    const refused = (kind: string): void =>
      log.write('refused', SERVER_LOG_TABLE.refused, { path: '/', status: 403, reason: '', kind }, () => ({}))
    for (let turn = 0; turn < 10; turn++) refused('origin')
    refused('path')
    assert.equal(clock.timers, 1)
    assert.equal(sink.lines.length, 3)
    clock.advance(10_000)
    assert.equal(clock.timers, 0)
    const said = sink.parsed.at(-1) ?? {}
    assert.deepEqual(
      [said['event.action'], said['holdfast.left_out'], said['holdfast.detail'], said['log.level'], wrongIn(said)],
      ['refused', 8, 'refused origin', 'info', []],
    )
    for (let turn = 0; turn < 5; turn++) refused('origin')
    end()
    assert.equal(sink.parsed.at(-1)?.['holdfast.left_out'], 3)
    assert.equal(clock.timers, 0)
  })

  test('debug is written each time: who asks for it follows one connection; and takes no place of what is counted', () => {
    const sink = new Written()
    const { log, end } = open(sink, undefined, 'debug', 2)
    const moved = (answered: boolean): void =>
      log.write('moved', SERVER_LOG_TABLE.moved, { ...FACTS, diagnosis: null, answered }, () => ({}))
    for (let turn = 0; turn < 10; turn++) moved(true)
    for (let turn = 0; turn < 3; turn++) moved(false)
    end()
    const levels = sink.parsed.map((line) => line['log.level'])
    assert.deepEqual(levels, [...Array(10).fill('debug'), 'warn', 'warn', 'warn'])
    assert.equal(sink.parsed.at(-1)?.['holdfast.left_out'], 1)
  })

  test('kinds are bounded, whatever their number', () => {
    const sink = new Written()
    const { log, end } = open(sink, undefined, 'trace', 1)
    for (let turn = 0; turn < 2_000; turn++) {
      log.write('leak', SERVER_LOG_TABLE.leak, { ...SERVER_SAMPLES.leak, kind: `n${turn}` }, () => ({}))
    }
    end()
    assert.equal(sink.lines.length, 500 + 1 + 1)
    assert.equal(sink.parsed.at(-1)?.['holdfast.left_out'], 2_000 - 501)
  })

  test('a stream that does not keep up is left behind, and told how far', () => {
    const sink = new Written()
    const { log, end } = open(sink)
    const say = (): void => log.write('open', SERVER_LOG_TABLE.open, SERVER_SAMPLES.open, () => ({}))
    say()
    sink.writableLength = WAITING_BYTES_MAX + 1
    for (let turn = 0; turn < 7; turn++) say()
    sink.writableLength = 0
    say()
    end()
    assert.deepEqual(
      sink.parsed.map((line) => [line['event.action'], line['holdfast.left_out']]),
      [
        ['open', undefined],
        ['lost', 7],
        ['open', undefined],
      ],
    )
  })

  test('a stream that breaks ends the log, and nothing else; one that throws does not reach who announced', async () => {
    const warnings: string[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning.message)
    process.on('warning', onWarning)
    const sink = Object.assign(new EventEmitter(), { written: 0, write: () => void sink.written++ })
    const broken = open(sink)
    const say = ({ log }: OpenLog): void => log.write('open', SERVER_LOG_TABLE.open, SERVER_SAMPLES.open, () => ({}))
    say(broken)
    sink.emit('error', new Error('EPIPE'))
    say(broken)
    broken.end()
    assert.equal(sink.written, 1)
    assert.equal(sink.listenerCount('error'), 0)
    const throwing = open({
      write() {
        throw new Error('full')
      },
    })
    say(throwing)
    say(throwing)
    throwing.end()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    assert.deepEqual(warnings, [
      'the log cannot be written any more: EPIPE',
      'a line of the log could not be written: full',
    ])
  })
})

describe('errors', () => {
  const failed = (thrown: unknown, message: string): HoldfastError =>
    new HoldfastError('HF_HANDLER_FAILED', { handler: 'message', route: '/', message }, { cause: thrown })

  function thrownBy(fn: () => unknown): Error {
    try {
      fn()
    } catch (thrown) {
      return thrown as Error
    }
    throw new Error('it did not throw')
  }

  test('of Node leave out what they quote', () => {
    const payload = 's3cret'
    const quoting = [
      () => JSON.parse(`${payload} and more of it`),
      () => JSON.parse(`{"a": ${payload}}`),
      () => JSON.parse(`["${'x'.repeat(50)}", ${payload}, "${'x'.repeat(50)}"]`),
      () => BigInt(payload),
      () => new RegExp(`(${payload}`),
      () => 'a' in (payload as never),
      () => Object.assign(payload as never, { 0: 'x' }),
      () => new Intl.DateTimeFormat('en', { timeZone: payload }),
    ].map(thrownBy)
    assert.ok(quoting.filter(({ message }) => message.includes('s3c')).length >= 6, 'negative control: they do quote')
    for (const thrown of quoting) {
      const words = errorWords(failed(thrown, thrown.message), true)
      assert.doesNotMatch(JSON.stringify(words), /s3c/, thrown.message)
      assert.match(words.stack, /^at .*lines\.test\.ts/s)
    }
  })

  test('of an application are said as they are, or not at all', () => {
    const thrown = new RangeError('too many of them\n    at a place')
    const words = errorWords(failed(thrown, thrown.message), true)
    assert.deepEqual([words.code, words.type], ['HF_HANDLER_FAILED', 'RangeError'])
    assert.match(words.message, /^handler message of route \/ threw: too many of them/)
    assert.doesNotMatch(words.stack, /a place/)
    assert.equal(errorWords(failed(thrown, thrown.message), false).message, '')
    assert.equal(errorWords(failed('text', 'text'), true).type, 'string')
  })
})

test('for people: time, level, sentence, what says which one; nothing that a terminal obeys', () => {
  const line = everyLine().find((one) => one['event.action'] === 'error') ?? {}
  const shown = prettyLine(JSON.stringify({ ...line, message: 'it \u001b[2J failed' }), false)
  assert.match(
    shown,
    /^\d\d:\d\d:\d\d\.\d{3} ERROR worker 0 v1 it {2}\[2J failed connection\.id=nonce-1 route=\/chat\/:room trace\.id=\w+ span\.id=\w+\n {4}at /,
  )
  const begins = String.fromCharCode(27)
  assert.ok(!shown.includes(begins))
  const crash = everyLine().find((one) => one['event.action'] === 'crash') ?? {}
  assert.match(prettyLine(JSON.stringify(crash), false), /ERROR worker 1, version 2, died: .* detail=/)
  const linked = everyLine().find((one) => one['event.action'] === 'linked') ?? {}
  assert.match(
    prettyLine(JSON.stringify(linked), false),
    /DEBUG worker 0 v1 linked to another worker worker\.pid=\d+$/m,
  )
  const left = everyLine().find((one) => one['event.action'] === 'close') ?? {}
  assert.doesNotMatch(prettyLine(JSON.stringify(left), false), /detail=/, 'the sentence says it already')
  assert.ok(prettyLine(JSON.stringify(line), true).includes(`${begins}[31m`))
  assert.equal(prettyLine('what an app prints\n', false), 'what an app prints\n')
})
